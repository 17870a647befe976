package dev.gatehouse.dataplane.rpc;

import dev.gatehouse.dataplane.handover.EventFeed;
import dev.gatehouse.dataplane.handover.EventStream;
import dev.gatehouse.dataplane.shard.NotResumedException;
import dev.gatehouse.dataplane.shard.RelayOwners;
import dev.gatehouse.dataplane.shard.ShardCommand;
import dev.gatehouse.dataplane.shard.ShardRouter;
import dev.gatehouse.dataplane.shard.Shards;
import dev.gatehouse.dataplane.snapshot.NodeCodec;
import dev.gatehouse.dataplane.snapshot.ShardSnapshots;
import dev.gatehouse.dataplane.snapshot.SnapshotParts;
import dev.gatehouse.rpc.AuthorizeReply;
import dev.gatehouse.rpc.AuthorizeRequest;
import dev.gatehouse.rpc.ConfigureReply;
import dev.gatehouse.rpc.ConfigureRequest;
import dev.gatehouse.rpc.DataplaneGrpcService;
import dev.gatehouse.rpc.DrainReply;
import dev.gatehouse.rpc.DrainRequest;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.EventsRequest;
import dev.gatehouse.rpc.HelloReply;
import dev.gatehouse.rpc.HelloRequest;
import dev.gatehouse.rpc.ReconcileReply;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.RejectReply;
import dev.gatehouse.rpc.RejectRequest;
import dev.gatehouse.rpc.RemoteCandidatesReply;
import dev.gatehouse.rpc.RemoteCandidatesRequest;
import dev.gatehouse.rpc.ResumeReply;
import dev.gatehouse.rpc.ResumeRequest;
import dev.gatehouse.rpc.ShutdownReply;
import dev.gatehouse.rpc.ShutdownRequest;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.UpdateExpiryReply;
import dev.gatehouse.rpc.UpdateExpiryRequest;
import dev.gatehouse.rpc.UpdateRelaysReply;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import dev.gatehouse.rpc.UpdateResourceReply;
import dev.gatehouse.rpc.UpdateResourceRequest;
import dev.gatehouse.wireguard.key.KeyPair;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerResponse;
import io.vertx.grpc.server.StatusException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;

/// The gRPC service: checks the epoch, hands commands to the shards that they concern, makes one
/// answer of theirs, and maps failures to statuses.
public final class DataplaneRpc extends DataplaneGrpcService {
    static final int CONTRACT_VERSION = 1;

    /// Parts of one streamed request; more is a broken peer.
    private static final int PARTS_MAX = 65_536;

    private final Vertx vertx;
    private final long epoch;
    private final String version;
    private final EventFeed feed;
    private final Shards shards;
    private final ShardRouter router;
    private final RelayOwners relays;
    private final RandomGenerator random = new SecureRandom();
    private volatile boolean resumed;

    /// @param epoch random per process, never 0
    public DataplaneRpc(
            Vertx vertx,
            long epoch,
            String version,
            EventFeed feed,
            Shards shards,
            ShardRouter router) {
        this.vertx = vertx;
        this.epoch = epoch;
        this.version = version;
        this.feed = feed;
        this.shards = shards;
        this.router = router;
        relays = new RelayOwners(shards.count());
    }

    @Override
    public Future<HelloReply> hello(HelloRequest request) {
        return Future.succeededFuture(
                HelloReply.newBuilder()
                        .setContractVersion(CONTRACT_VERSION)
                        .setEpoch(epoch)
                        .setResumed(resumed)
                        .setVersion(version)
                        .build());
    }

    @Override
    public Future<ResumeReply> resume(ReadStream<ResumeRequest> requests) {
        return collect(requests, ResumeRequest::getEpoch)
                .compose(
                        parts -> {
                            var all = parts.stream().map(ResumeRequest::getPart).toList();
                            return answer(() -> resume(SnapshotParts.join(all)));
                        })
                .onSuccess(_ -> resumed = true);
    }

    private CompletableFuture<ResumeReply> resume(Snapshot handedOver) {
        boolean afresh = !handedOver.hasKeyPair();
        var whole =
                afresh
                        ? handedOver.toBuilder()
                                .setKeyPair(NodeCodec.encode(KeyPair.generate(random)))
                                .build()
                        : handedOver;
        var parts = ShardSnapshots.split(whole, shards.count());
        var replies = new ArrayList<CompletableFuture<ResumeReply>>();
        for (int i = 0; i < parts.size(); i++) {
            int shard = i;
            var part = parts.get(i);
            part.getRelaysList().forEach(state -> relays.restore(shard, state.getRelay().getId()));
            replies.add(shards.ask(i, reply -> new ShardCommand.Resume(part, afresh, reply)));
        }
        return Shards.all(replies).thenApply(List::getFirst);
    }

    @Override
    public Future<ConfigureReply> configure(ConfigureRequest request) {
        return askAll(
                request.getEpoch(),
                reply -> new ShardCommand.Configure(request.getInterface(), reply));
    }

    /// Each shard has relays of its own.
    @Override
    public Future<UpdateRelaysReply> updateRelays(UpdateRelaysRequest request) {
        return answer(request.getEpoch(), () -> tellRelays(request));
    }

    private CompletableFuture<UpdateRelaysReply> tellRelays(UpdateRelaysRequest request) {
        if (!resumed) {
            return CompletableFuture.failedFuture(new NotResumedException());
        }
        var parts = relays.divide(request);
        var replies = new ArrayList<CompletableFuture<UpdateRelaysReply>>();
        for (int i = 0; i < parts.size(); i++) {
            var part = parts.get(i);
            replies.add(shards.ask(i, reply -> new ShardCommand.UpdateRelays(part, reply)));
        }
        return Shards.all(replies).thenApply(List::getFirst);
    }

    @Override
    public Future<AuthorizeReply> authorize(AuthorizeRequest request) {
        return answer(request.getEpoch(), () -> authorizeSomewhere(request));
    }

    private CompletableFuture<AuthorizeReply> authorizeSomewhere(AuthorizeRequest request) {
        String clientId = request.getClient().getId();
        int shard = router.assign(clientId, shards::hasRelay);
        return askToAuthorize(shard, request)
                .thenCompose(reply -> askOtherIfNeeded(shard, request, reply))
                .whenComplete((_, _) -> router.answered(clientId));
    }

    private CompletableFuture<AuthorizeReply> askToAuthorize(int shard, AuthorizeRequest request) {
        return shards.ask(shard, reply -> new ShardCommand.Authorize(request, reply));
    }

    /// A shard whose relay is gone cannot connect a client that it knows, but another may.
    private CompletableFuture<AuthorizeReply> askOtherIfNeeded(
            int shard, AuthorizeRequest request, AuthorizeReply reply) {
        if (reply.getOutcome() != AuthorizeReply.Outcome.NO_RELAYS) {
            return CompletableFuture.completedFuture(reply);
        }
        String clientId = request.getClient().getId();
        var other = router.move(clientId, shard, shards::hasRelay);
        if (other.isEmpty() || !shards.post(shard, new ShardCommand.Forget(clientId))) {
            return CompletableFuture.completedFuture(reply);
        }
        return askToAuthorize(other.getAsInt(), request);
    }

    @Override
    public Future<RejectReply> reject(RejectRequest request) {
        var key = request.getKey();
        return ask(
                request.getEpoch(),
                key.getClientId(),
                reply -> new ShardCommand.Reject(key, reply));
    }

    @Override
    public Future<UpdateResourceReply> updateResource(UpdateResourceRequest request) {
        return askAll(
                request.getEpoch(),
                reply -> new ShardCommand.UpdateResource(request.getResource(), reply));
    }

    @Override
    public Future<UpdateExpiryReply> updateExpiry(UpdateExpiryRequest request) {
        return ask(
                request.getEpoch(),
                request.getKey().getClientId(),
                reply -> new ShardCommand.UpdateExpiry(request, reply));
    }

    @Override
    public Future<RemoteCandidatesReply> addRemoteCandidates(RemoteCandidatesRequest request) {
        return ask(
                request.getEpoch(),
                request.getClientId(),
                reply -> new ShardCommand.AddCandidates(request, reply));
    }

    @Override
    public Future<RemoteCandidatesReply> removeRemoteCandidates(RemoteCandidatesRequest request) {
        return ask(
                request.getEpoch(),
                request.getClientId(),
                reply -> new ShardCommand.RemoveCandidates(request, reply));
    }

    /// The whole list goes to each shard, which keeps what is listed of its own.
    @Override
    public Future<ReconcileReply> reconcile(ReadStream<ReconcileRequest> requests) {
        return collect(requests, ReconcileRequest::getEpoch)
                .compose(
                        parts -> {
                            var entries =
                                    parts.stream()
                                            .flatMap(p -> p.getAuthorizationsList().stream())
                                            .toList();
                            return answer(() -> reconcile(entries));
                        });
    }

    private CompletableFuture<ReconcileReply> reconcile(List<ReconcileRequest.Entry> entries) {
        return shards.<ReconcileReply>askAll(reply -> new ShardCommand.Reconcile(entries, reply))
                .thenApply(
                        replies ->
                                ReconcileReply.newBuilder()
                                        .setRemoved(sum(replies, ReconcileReply::getRemoved))
                                        .build());
    }

    @Override
    public Future<DrainReply> drain(DrainRequest request) {
        return answer(request.getEpoch(), () -> drain(request.getDraining()));
    }

    private CompletableFuture<DrainReply> drain(boolean draining) {
        return shards.<DrainReply>askAll(reply -> new ShardCommand.Drain(draining, reply))
                .thenApply(
                        replies ->
                                DrainReply.newBuilder()
                                        .setConnections(sum(replies, DrainReply::getConnections))
                                        .build());
    }

    private static <R> int sum(List<R> replies, ToIntFunction<R> value) {
        return replies.stream().mapToInt(value).sum();
    }

    @Override
    public Future<ShutdownReply> shutdown(ShutdownRequest request) {
        return askAll(
                request.getEpoch(),
                reply -> new ShardCommand.Shutdown(request.getGoodbye(), reply));
    }

    @Override
    protected void events(EventsRequest request, WriteStream<Event> response) {
        if (request.getEpoch() != epoch) {
            ((GrpcServerResponse<?, ?>) response).fail(otherEpoch());
            return;
        }
        if (!resumed) {
            ((GrpcServerResponse<?, ?>) response).fail(status(new NotResumedException()));
            return;
        }
        new EventStream(
                        vertx,
                        feed,
                        () -> shards.postAll(new ShardCommand.SendSnapshot()),
                        response)
                .start();
    }

    private <R> Future<R> ask(
            long theirEpoch, String clientId, Function<CompletableFuture<R>, ShardCommand> make) {
        return answer(theirEpoch, () -> shards.ask(router.shardOf(clientId), make));
    }

    /// The answers are all the same.
    private <R> Future<R> askAll(
            long theirEpoch, Function<CompletableFuture<R>, ShardCommand> make) {
        return answer(theirEpoch, () -> shards.askAll(make).thenApply(List::getFirst));
    }

    private <R> Future<R> answer(long theirEpoch, Supplier<CompletableFuture<R>> asking) {
        return theirEpoch == epoch ? answer(asking) : Future.failedFuture(otherEpoch());
    }

    private <R> Future<R> answer(Supplier<CompletableFuture<R>> asking) {
        CompletableFuture<R> reply;
        try {
            reply = asking.get();
        } catch (IllegalArgumentException e) {
            return Future.failedFuture(status(e));
        }
        return Future.fromCompletionStage(reply, vertx.getOrCreateContext())
                .recover(failure -> Future.failedFuture(status(failure)));
    }

    private <M> Future<List<M>> collect(ReadStream<M> stream, Function<M, Long> epochOf) {
        var promise = Promise.<List<M>>promise();
        var messages = new ArrayList<M>();
        stream.handler(
                message -> {
                    if (epochOf.apply(message) != epoch) {
                        promise.tryFail(otherEpoch());
                    } else if (messages.size() == PARTS_MAX) {
                        promise.tryFail(
                                new StatusException(GrpcStatus.INVALID_ARGUMENT, "too many parts"));
                    } else {
                        messages.add(message);
                    }
                });
        stream.exceptionHandler(promise::tryFail);
        stream.endHandler(_ -> promise.tryComplete(messages));
        return promise.future();
    }

    private static StatusException otherEpoch() {
        return new StatusException(
                GrpcStatus.FAILED_PRECONDITION, "another epoch: say Hello again");
    }

    /// The one place where failures of the shard become gRPC's.
    private static StatusException status(Throwable failure) {
        var cause = failure instanceof CompletionException ? failure.getCause() : failure;
        var status =
                switch (cause) {
                    case NotResumedException _ -> GrpcStatus.FAILED_PRECONDITION;
                    case IllegalArgumentException _ -> GrpcStatus.INVALID_ARGUMENT;
                    case RejectedExecutionException _ -> GrpcStatus.RESOURCE_EXHAUSTED;
                    default -> GrpcStatus.INTERNAL;
                };
        return new StatusException(status, String.valueOf(cause.getMessage()));
    }
}
