/// What travels in a WebSocket message: the frame around an event and its payload, and the one JSON
/// mapper with its limits. Pure; knows no event. Start reading at `Frame`.
package dev.gatehouse.channel.frame;
