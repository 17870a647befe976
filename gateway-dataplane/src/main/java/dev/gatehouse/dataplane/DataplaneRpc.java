package dev.gatehouse.dataplane;

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
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerResponse;
import io.vertx.grpc.server.StatusException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Predicate;

/// The gRPC service: checks the epoch, posts commands to the shard, and maps failures to statuses.
final class DataplaneRpc extends DataplaneGrpcService {
    static final int CONTRACT_VERSION = 1;

    /// Parts of one streamed request; more is a broken peer.
    private static final int PARTS_MAX = 65_536;

    private final Vertx vertx;
    private final long epoch;
    private final String version;
    private final EventFeed feed;
    private final Predicate<ShardCommand> shard;
    private volatile boolean resumed;

    /// @param epoch random per process, never 0
    /// @param shard posts a command; false if the shard is behind
    DataplaneRpc(
            Vertx vertx,
            long epoch,
            String version,
            EventFeed feed,
            Predicate<ShardCommand> shard) {
        this.vertx = vertx;
        this.epoch = epoch;
        this.version = version;
        this.feed = feed;
        this.shard = shard;
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
                            Snapshot whole = SnapshotParts.join(all);
                            return this.<ResumeReply>post(
                                    reply -> new ShardCommand.Resume(whole, reply));
                        })
                .onSuccess(_ -> resumed = true);
    }

    @Override
    public Future<ConfigureReply> configure(ConfigureRequest request) {
        return ask(
                request.getEpoch(),
                reply -> new ShardCommand.Configure(request.getInterface(), reply));
    }

    @Override
    public Future<UpdateRelaysReply> updateRelays(UpdateRelaysRequest request) {
        return ask(request.getEpoch(), reply -> new ShardCommand.UpdateRelays(request, reply));
    }

    @Override
    public Future<AuthorizeReply> authorize(AuthorizeRequest request) {
        return ask(request.getEpoch(), reply -> new ShardCommand.Authorize(request, reply));
    }

    @Override
    public Future<RejectReply> reject(RejectRequest request) {
        return ask(request.getEpoch(), reply -> new ShardCommand.Reject(request.getKey(), reply));
    }

    @Override
    public Future<UpdateResourceReply> updateResource(UpdateResourceRequest request) {
        return ask(
                request.getEpoch(),
                reply -> new ShardCommand.UpdateResource(request.getResource(), reply));
    }

    @Override
    public Future<UpdateExpiryReply> updateExpiry(UpdateExpiryRequest request) {
        return ask(request.getEpoch(), reply -> new ShardCommand.UpdateExpiry(request, reply));
    }

    @Override
    public Future<RemoteCandidatesReply> addRemoteCandidates(RemoteCandidatesRequest request) {
        return ask(request.getEpoch(), reply -> new ShardCommand.AddCandidates(request, reply));
    }

    @Override
    public Future<RemoteCandidatesReply> removeRemoteCandidates(RemoteCandidatesRequest request) {
        return ask(request.getEpoch(), reply -> new ShardCommand.RemoveCandidates(request, reply));
    }

    @Override
    public Future<ReconcileReply> reconcile(ReadStream<ReconcileRequest> requests) {
        return collect(requests, ReconcileRequest::getEpoch)
                .compose(
                        parts -> {
                            var entries =
                                    parts.stream()
                                            .flatMap(p -> p.getAuthorizationsList().stream())
                                            .toList();
                            return post(reply -> new ShardCommand.Reconcile(entries, reply));
                        });
    }

    @Override
    public Future<DrainReply> drain(DrainRequest request) {
        return ask(
                request.getEpoch(), reply -> new ShardCommand.Drain(request.getDraining(), reply));
    }

    @Override
    public Future<ShutdownReply> shutdown(ShutdownRequest request) {
        return ask(
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
        new EventStream(vertx, feed, shard, response).start();
    }

    private <R> Future<R> ask(long theirEpoch, Function<CompletableFuture<R>, ShardCommand> make) {
        return theirEpoch == epoch ? post(make) : Future.failedFuture(otherEpoch());
    }

    private <R> Future<R> post(Function<CompletableFuture<R>, ShardCommand> make) {
        var reply = new CompletableFuture<R>();
        if (!shard.test(make.apply(reply))) {
            return Future.failedFuture(
                    new StatusException(GrpcStatus.RESOURCE_EXHAUSTED, "the shard is behind"));
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
