package dev.gatehouse.controlplane.flow;

import dev.gatehouse.rpc.AuthorizeReply;

/// What became of a [FlowAction.Execute].
public sealed interface CommandResult {
    record Done() implements CommandResult {}

    record Authorized(AuthorizeReply.Outcome outcome) implements CommandResult {}

    /// The data plane refused it; sending it again would not help.
    record Failed(String reason) implements CommandResult {}
}
