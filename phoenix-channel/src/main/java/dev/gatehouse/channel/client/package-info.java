/// A peer's channel on the network: dials the portal over WebSocket and TLS, resolves its name,
/// holds what comes and goes too fast. Here is Vert.x. Start reading at `PhoenixClient`.
package dev.gatehouse.channel.client;
