package dev.gatehouse.dataplane.shard;

import dev.gatehouse.dataplane.dns.NameLookup;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.AuthorizeReply;
import dev.gatehouse.rpc.AuthorizeRequest;
import dev.gatehouse.rpc.ConfigureReply;
import dev.gatehouse.rpc.DrainReply;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.ReconcileReply;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.RejectReply;
import dev.gatehouse.rpc.RemoteCandidatesReply;
import dev.gatehouse.rpc.RemoteCandidatesRequest;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.ResumeReply;
import dev.gatehouse.rpc.ShutdownReply;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.UpdateExpiryReply;
import dev.gatehouse.rpc.UpdateExpiryRequest;
import dev.gatehouse.rpc.UpdateRelaysReply;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import dev.gatehouse.rpc.UpdateResourceReply;
import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/// What other threads may ask of a shard, which alone touches its part of the gateway's state.
public sealed interface ShardCommand {
    /// A command that is answered once.
    sealed interface Asked<R> extends ShardCommand {
        CompletableFuture<R> reply();
    }

    /// @param snapshot the shard's part, with the key pair of all
    /// @param afresh whether that key pair has just been made
    record Resume(Snapshot snapshot, boolean afresh, CompletableFuture<ResumeReply> reply)
            implements Asked<ResumeReply> {}

    record Configure(Interface tunnel, CompletableFuture<ConfigureReply> reply)
            implements Asked<ConfigureReply> {}

    record UpdateRelays(UpdateRelaysRequest request, CompletableFuture<UpdateRelaysReply> reply)
            implements Asked<UpdateRelaysReply> {}

    record Authorize(AuthorizeRequest request, CompletableFuture<AuthorizeReply> reply)
            implements Asked<AuthorizeReply> {}

    record Reject(AuthorizationKey key, CompletableFuture<RejectReply> reply)
            implements Asked<RejectReply> {}

    record UpdateResource(Resource resource, CompletableFuture<UpdateResourceReply> reply)
            implements Asked<UpdateResourceReply> {}

    record UpdateExpiry(UpdateExpiryRequest request, CompletableFuture<UpdateExpiryReply> reply)
            implements Asked<UpdateExpiryReply> {}

    record AddCandidates(
            RemoteCandidatesRequest request, CompletableFuture<RemoteCandidatesReply> reply)
            implements Asked<RemoteCandidatesReply> {}

    record RemoveCandidates(
            RemoteCandidatesRequest request, CompletableFuture<RemoteCandidatesReply> reply)
            implements Asked<RemoteCandidatesReply> {}

    record Reconcile(List<ReconcileRequest.Entry> entries, CompletableFuture<ReconcileReply> reply)
            implements Asked<ReconcileReply> {}

    record Drain(boolean draining, CompletableFuture<DrainReply> reply)
            implements Asked<DrainReply> {}

    record Shutdown(boolean goodbye, CompletableFuture<ShutdownReply> reply)
            implements Asked<ShutdownReply> {}

    /// Another shard takes the client over: it is to be forgotten without a word to anybody.
    record Forget(String clientId) implements ShardCommand {}

    /// The consumer of events wants all state.
    record SendSnapshot() implements ShardCommand {}

    /// Copies the counters; also answered before Resume, which shows that the shard lives.
    record ReadMetrics(CompletableFuture<ShardMetrics> reply) implements ShardCommand {}

    /// The addresses of the host have changed.
    record HostAddresses(Set<IpAddress> addresses) implements ShardCommand {
        public HostAddresses {
            addresses = Set.copyOf(addresses);
        }
    }

    /// The cipher's fast path has been compiled.
    record CipherWarm() implements ShardCommand {}

    /// A look-up that the shard began has ended.
    record NameResolved(NameLookup.Answer answer) implements ShardCommand {}
}
