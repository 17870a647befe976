/// Addresses, batches of packets and views of their headers. Pure: no clock, no socket, no thread.
package dev.gatehouse.wire;
