/// The headless client's process: command line, loop, interface, resolv.conf, status.
package dev.gatehouse.client;
