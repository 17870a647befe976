package dev.gatehouse.controlplane;

import dev.gatehouse.controlplane.flow.Command;
import dev.gatehouse.controlplane.flow.CommandResult;
import dev.gatehouse.rpc.DataplaneGrpcClient;
import dev.gatehouse.rpc.EventsRequest;
import dev.gatehouse.rpc.HelloReply;
import dev.gatehouse.rpc.HelloRequest;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.ResumeRequest;
import dev.gatehouse.rpc.ShutdownRequest;
import dev.gatehouse.rpc.Snapshot;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.client.InvalidStatusException;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The gRPC client of the data plane on its Unix domain socket. Says Hello until one answers; a
/// lost event stream means that the data plane is gone, and it says Hello again.
///
/// Owned by one event loop thread: every method is called there.
final class DataplaneLink {
    private static final Logger LOG = LoggerFactory.getLogger(DataplaneLink.class);

    private static final int CONTRACT_VERSION = 1;
    private static final long MESSAGE_LENGTH_MAX = 16L << 20;
    /// A look at a local socket is cheap, and connections wait for a data plane that returns.
    private static final long RETRY_MS = 25;
    private static final int RECONCILE_PART_MAX = 1_000; // entries

    private final Vertx vertx;
    private final Context context;
    private final DataplaneListener listener;
    private final DataplaneGrpcClient client;
    private boolean closed;
    private boolean up;
    private long generation; // what an earlier connection brings is ignored

    DataplaneLink(Vertx vertx, Context context, Path socket, DataplaneListener listener) {
        this.vertx = vertx;
        this.context = context;
        this.listener = listener;
        var http =
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_2)
                        .setHttp2ClearTextUpgrade(false)
                        .setConnectTimeout((int) TimeUnit.SECONDS.toMillis(5));
        var grpc =
                GrpcClient.client(
                        vertx, new GrpcClientOptions().setMaxMessageSize(MESSAGE_LENGTH_MAX), http);
        this.client =
                DataplaneGrpcClient.create(
                        grpc, SocketAddress.domainSocketAddress(socket.toString()));
    }

    void start() {
        hello();
    }

    private void hello() {
        long own = ++generation;
        client.hello(HelloRequest.newBuilder().setContractVersion(CONTRACT_VERSION).build())
                .onComplete(
                        reply -> onContext(own, () -> onHello(reply)),
                        failure -> onContext(own, () -> down("no data plane", failure)));
    }

    private void onHello(HelloReply reply) {
        if (reply.getContractVersion() != CONTRACT_VERSION) {
            LOG.warn("the data plane speaks contract version {}", reply.getContractVersion());
        }
        up = true;
        LOG.info(
                "data plane {} is up{}",
                Long.toHexString(reply.getEpoch()),
                reply.getResumed() ? "" : " and waits to resume");
        listener.onDataplaneUp(reply.getEpoch(), reply.getResumed());
    }

    void resume(long epoch, List<Snapshot> parts) {
        long own = generation;
        Completable<WriteStream<ResumeRequest>> send =
                (stream, _) -> {
                    if (stream != null) {
                        parts.forEach(part -> stream.write(resumeRequest(epoch, part)));
                        stream.end();
                    }
                };
        client.resume(send)
                .onComplete(
                        _ -> onContext(own, listener::onResumed),
                        failure -> onContext(own, () -> down("resume failed", failure)));
    }

    private static ResumeRequest resumeRequest(long epoch, Snapshot part) {
        return ResumeRequest.newBuilder().setEpoch(epoch).setPart(part).build();
    }

    void openEvents(long epoch) {
        long own = generation;
        client.events(EventsRequest.newBuilder().setEpoch(epoch).build())
                .onComplete(
                        stream -> {
                            stream.exceptionHandler(
                                    failure -> onContext(own, () -> down("events ended", failure)));
                            stream.endHandler(
                                    _ -> onContext(own, () -> down("events ended", null)));
                            stream.handler(
                                    event ->
                                            onContext(own, () -> listener.onDataplaneEvent(event)));
                        },
                        failure -> onContext(own, () -> down("no events", failure)));
    }

    void execute(long epoch, Command command) {
        long own = generation;
        call(epoch, command)
                .onComplete(
                        result -> onContext(own, () -> listener.onCommandDone(result)),
                        failure -> onContext(own, () -> onFailed(failure)));
    }

    private Future<CommandResult> call(long epoch, Command command) {
        return switch (command) {
            case Command.Configure(var request) ->
                    done(client.configure(request.toBuilder().setEpoch(epoch).build()));
            case Command.UpdateRelays(var request) ->
                    done(client.updateRelays(request.toBuilder().setEpoch(epoch).build()));
            case Command.Authorize(var request, _) ->
                    client.authorize(request.toBuilder().setEpoch(epoch).build())
                            .map(reply -> new CommandResult.Authorized(reply.getOutcome()));
            case Command.Reject(var request) ->
                    done(client.reject(request.toBuilder().setEpoch(epoch).build()));
            case Command.UpdateResource(var request) ->
                    done(client.updateResource(request.toBuilder().setEpoch(epoch).build()));
            case Command.UpdateExpiry(var request) ->
                    done(client.updateExpiry(request.toBuilder().setEpoch(epoch).build()));
            case Command.AddCandidates(var request) ->
                    done(client.addRemoteCandidates(request.toBuilder().setEpoch(epoch).build()));
            case Command.RemoveCandidates(var request) ->
                    done(
                            client.removeRemoteCandidates(
                                    request.toBuilder().setEpoch(epoch).build()));
            case Command.Reconcile(var request) -> done(reconcile(epoch, request));
        };
    }

    private static Future<CommandResult> done(Future<?> reply) {
        return reply.map(new CommandResult.Done());
    }

    private Future<?> reconcile(long epoch, ReconcileRequest whole) {
        Completable<WriteStream<ReconcileRequest>> send =
                (stream, _) -> {
                    if (stream != null) {
                        parts(epoch, whole).forEach(stream::write);
                        stream.end();
                    }
                };
        return client.reconcile(send);
    }

    private static List<ReconcileRequest> parts(long epoch, ReconcileRequest whole) {
        var entries = whole.getAuthorizationsList();
        var parts = new java.util.ArrayList<ReconcileRequest>();
        for (int from = 0; from == 0 || from < entries.size(); from += RECONCILE_PART_MAX) {
            int to = Math.min(entries.size(), from + RECONCILE_PART_MAX);
            parts.add(
                    ReconcileRequest.newBuilder()
                            .setEpoch(epoch)
                            .addAllAuthorizations(entries.subList(from, to))
                            .build());
        }
        return parts;
    }

    /// A refusal concerns the command; anything else the connection, after which it is sent again.
    private void onFailed(Throwable failure) {
        if (failure instanceof InvalidStatusException status
                && status.actualStatus() != GrpcStatus.UNAVAILABLE
                && status.actualStatus() != GrpcStatus.FAILED_PRECONDITION) {
            LOG.warn("the data plane refused a command: {}", status.actualStatus());
            listener.onCommandDone(new CommandResult.Failed(status.actualStatus().name()));
        } else {
            down("a command failed", failure);
        }
    }

    private void down(String what, Throwable failure) {
        generation++;
        if (up) {
            LOG.warn("data plane lost: {}", what);
            listener.onDataplaneDown(what);
        } else {
            LOG.debug("{}: {}", what, String.valueOf(failure));
        }
        up = false;
        if (!closed) {
            vertx.setTimer(RETRY_MS, _ -> context.runOnContext(_ -> retry()));
        }
    }

    private void retry() {
        if (!closed) {
            hello();
        }
    }

    /// Asks the data plane to leave, with a goodbye to every client.
    Future<Void> shutdown(long epoch) {
        closed = true;
        return client.shutdown(
                        ShutdownRequest.newBuilder().setEpoch(epoch).setGoodbye(true).build())
                .mapEmpty();
    }

    void close() {
        closed = true;
        generation++;
    }

    private void onContext(long own, Runnable work) {
        context.runOnContext(
                _ -> {
                    if (own == generation) {
                        work.run();
                    }
                });
    }
}
