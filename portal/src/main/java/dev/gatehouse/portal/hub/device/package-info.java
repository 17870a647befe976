/// Where a gateway or client is remembered over its connections, with secrets and tunnel
/// addresses, and forgotten when it has not been seen for long. May use `audit`, `channel` and
/// `session`. Begin at `Devices`.
package dev.gatehouse.portal.hub.device;
