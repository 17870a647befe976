/// The Phoenix channel between a portal and its peers, portal-channel.md sections 1 and 2: frames,
/// the pure sessions of both ends, and the WebSocket client.
package dev.gatehouse.channel;
