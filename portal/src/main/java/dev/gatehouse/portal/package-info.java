/// The portal process: command line, HTTP and WebSocket listeners, the watched file. The decisions
/// are in `policy`, the channel logic is in `hub`, what is remembered in `store`.
package dev.gatehouse.portal;
