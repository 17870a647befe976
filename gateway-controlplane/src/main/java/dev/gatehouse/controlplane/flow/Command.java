package dev.gatehouse.controlplane.flow;

import dev.gatehouse.rpc.AuthorizeRequest;
import dev.gatehouse.rpc.ConfigureRequest;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.RejectRequest;
import dev.gatehouse.rpc.RemoteCandidatesRequest;
import dev.gatehouse.rpc.UpdateExpiryRequest;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import dev.gatehouse.rpc.UpdateResourceRequest;

/// One call of the data plane; the epoch is filled in when it is made. All are idempotent.
public sealed interface Command {
    record Configure(ConfigureRequest request) implements Command {}

    record UpdateRelays(UpdateRelaysRequest request) implements Command {}

    /// @param ref what the portal wants echoed
    record Authorize(AuthorizeRequest request, String ref) implements Command {}

    record Reject(RejectRequest request) implements Command {}

    record UpdateResource(UpdateResourceRequest request) implements Command {}

    record UpdateExpiry(UpdateExpiryRequest request) implements Command {}

    record AddCandidates(RemoteCandidatesRequest request) implements Command {}

    record RemoveCandidates(RemoteCandidatesRequest request) implements Command {}

    /// The whole list; the shell cuts it into parts.
    record Reconcile(ReconcileRequest request) implements Command {}
}
