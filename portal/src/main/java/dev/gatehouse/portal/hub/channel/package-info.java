/// The frames of the channel: texts of peers are read, payloads and answers are built and wait
/// for the shell. May use `session` and `limit`. Begin at `Outbox`.
package dev.gatehouse.portal.hub.channel;
