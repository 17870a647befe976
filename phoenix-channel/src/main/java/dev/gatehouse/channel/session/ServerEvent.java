package dev.gatehouse.channel.session;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.frame.Frame;

/// What a [ServerSession] tells the portal.
public sealed interface ServerEvent {
    /// The peer wants to join: answer with [ServerSession#acceptJoin] or
    /// [ServerSession#refuseJoin].
    record JoinRequested(JsonNode payload) implements ServerEvent {}

    /// A message of the joined peer, to be answered with [ServerSession#reply] if at all.
    record Request(Frame frame) implements ServerEvent {}

    /// Close the socket.
    record HangUp(String reason) implements ServerEvent {}
}
