/// The two ends of a channel as state machines: `ChannelSession` of a peer, with joins,
/// heartbeats, confirmations and reconnects, and `ServerSession` of the portal. Pure: takes frames
/// and the time, knows no message.
package dev.gatehouse.channel.session;
