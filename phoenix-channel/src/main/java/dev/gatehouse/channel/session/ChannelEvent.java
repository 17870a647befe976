package dev.gatehouse.channel.session;

import com.fasterxml.jackson.databind.JsonNode;

/// What a [ChannelSession] asks of its shell, or tells its owner.
public sealed interface ChannelEvent {
    /// Resolve the name and open a WebSocket.
    record Dial() implements ChannelEvent {}

    /// Drop the socket or the attempt to open one; send a close frame if there is one.
    record HangUp() implements ChannelEvent {}

    record Joined() implements ChannelEvent {}

    record Message(String event, JsonNode payload) implements ChannelEvent {}

    /// The portal answered a request of ours with an error; informative.
    record RequestRefused(String reason) implements ChannelEvent {}

    /// The channel is down, or an attempt failed; the session tries again after `retryInNs`.
    record Disconnected(String reason, long retryInNs) implements ChannelEvent {}

    /// The session has ended for good.
    record Fatal(String reason) implements ChannelEvent {}
}
