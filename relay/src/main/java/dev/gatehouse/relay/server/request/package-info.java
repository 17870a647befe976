/// Answers requests by the rules of relay.md 7 to 10: Binding, Allocate, Refresh, ChannelBind and
/// CreatePermission. Start reading at `TurnRequests`.
package dev.gatehouse.relay.server.request;
