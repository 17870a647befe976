package dev.gatehouse.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.frame.Frame;
import dev.gatehouse.channel.session.ServerSession;
import dev.gatehouse.http.HttpListeners;
import dev.gatehouse.rpc.ConfigureReply;
import dev.gatehouse.rpc.ConfigureRequest;
import dev.gatehouse.rpc.DataplaneGrpcService;
import dev.gatehouse.rpc.DataplaneService;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.EventsRequest;
import dev.gatehouse.rpc.HelloReply;
import dev.gatehouse.rpc.HelloRequest;
import dev.gatehouse.rpc.KeyPair;
import dev.gatehouse.rpc.ReconcileReply;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.ResumeReply;
import dev.gatehouse.rpc.ResumeRequest;
import dev.gatehouse.rpc.ShutdownReply;
import dev.gatehouse.rpc.ShutdownRequest;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.SnapshotChunk;
import dev.gatehouse.rpc.Status;
import dev.gatehouse.rpc.UpdateRelaysReply;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.transport.process.MonotonicClock;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.server.GrpcServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The real process classes over a Unix socket and loopback, with a fake on either side.
class ControlplaneTest {
    private static final String INIT =
            """
            {"topic":"gateway","event":"init","ref":null,"payload":{
            "interface":{"ipv4":"100.70.12.34","ipv6":"fd00:2021:1111::1a:2b3c"},
            "config":{"ipv4_masquerade_enabled":true,"ipv6_masquerade_enabled":true}}}""";

    private final HttpListeners http =
            new HttpListeners(new VertxOptions().setPreferNativeTransport(true), System::nanoTime);
    private final Vertx vertx = http.vertx();
    private final LinkedBlockingQueue<String> calls = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<String> logins = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<String> fatal = new LinkedBlockingQueue<>();
    private final List<Controlplane> started = new ArrayList<>();
    private int portalStatus = 101;

    @TempDir Path directory;

    @AfterEach
    void close() {
        started.forEach(controlplane -> await(controlplane.stop()));
        await(vertx.close());
    }

    @Test
    void resumesLogsInWithTheKeyAndHandsTheInitOn() throws Exception {
        listenDataplane(new FakeDataplane(7));
        var controlplane = controlplane(await(listenPortal()).actualPort());

        controlplane.start();

        assertThat(logins.poll(10, TimeUnit.SECONDS)).contains("public_key=AAEC");
        assertThat(calls.poll(10, TimeUnit.SECONDS)).isEqualTo("resume");
        assertThat(calls.poll(10, TimeUnit.SECONDS)).isEqualTo("relays 0");
        assertThat(calls.poll(10, TimeUnit.SECONDS)).isEqualTo("configure 100.70.12.34");
        assertThat(calls.poll(10, TimeUnit.SECONDS)).isEqualTo("reconcile");
        assertThat(controlplane.status().portalEverJoined()).isTrue();

        await(controlplane.stop());
        assertThat(calls.poll(10, TimeUnit.SECONDS)).isEqualTo("shutdown true");
    }

    @Test
    void aRefusedTokenIsFatal() throws Exception {
        portalStatus = 401;
        listenDataplane(new FakeDataplane(7));

        controlplane(await(listenPortal()).actualPort()).start();

        assertThat(fatal.poll(10, TimeUnit.SECONDS)).contains("401");
    }

    @Test
    void answersProbes() throws Exception {
        var controlplane = controlplane(1);
        var probes = new ProbeServer(http, controlplane::status);
        int port = await(probes.listen("127.0.0.1", 0)).actualPort();

        assertThat(status(port, "/healthz")).isEqualTo(200);
        assertThat(status(port, "/startupz")).isEqualTo(200);
        assertThat(status(port, "/readyz")).isEqualTo(503);
        assertThat(body(port, "/readyz")).isEqualTo("not ready: no data plane\n");
        assertThat(status(port, "/metrics")).isEqualTo(200);
        assertThat(status(port, "/other")).isEqualTo(404);
    }

    @Test
    void anUnreachablePortalIsNoReasonToBeStartedAgainAndIsNamed() throws Exception {
        listenDataplane(new FakeDataplane(7));
        var controlplane = controlplane(1);
        var probes = new ProbeServer(http, controlplane::status);
        int port = await(probes.listen("127.0.0.1", 0)).actualPort();

        controlplane.start();

        Eventually.becomes(
                "the portal is named",
                Duration.ofSeconds(10),
                () -> body(port, "/readyz").equals("not ready: not joined to the portal\n"));
        assertThat(status(port, "/startupz")).isEqualTo(200);
    }

    private String body(int port, String path) {
        var client = vertx.createHttpClient();
        return await(
                client.request(io.vertx.core.http.HttpMethod.GET, port, "127.0.0.1", path)
                        .compose(request -> request.send())
                        .compose(response -> response.body())
                        .map(body -> body.toString()));
    }

    private int status(int port, String path) {
        var client = vertx.createHttpClient();
        return await(
                client.request(io.vertx.core.http.HttpMethod.GET, port, "127.0.0.1", path)
                        .compose(request -> request.send())
                        .map(response -> response.statusCode()));
    }

    private Controlplane controlplane(int portalPort) {
        var config =
                new ControlplaneConfig(
                        URI.create("ws://127.0.0.1:" + portalPort),
                        new Secret(".t"),
                        "id",
                        "name",
                        socket(),
                        "127.0.0.1",
                        0,
                        Duration.ofHours(1),
                        Optional.empty(),
                        false);
        var controlplane =
                new Controlplane(
                        vertx, config, new MonotonicClock(), "test gateway/1.5.2", fatal::add);
        started.add(controlplane);
        return controlplane;
    }

    private Path socket() {
        return directory.resolve("dataplane.sock");
    }

    private void listenDataplane(DataplaneService service) {
        var grpc = GrpcServer.server(vertx);
        grpc.addService(DataplaneGrpcService.of(service));
        await(
                vertx.createHttpServer()
                        .requestHandler(grpc)
                        .listen(SocketAddress.domainSocketAddress(socket().toString())));
    }

    private Future<HttpServer> listenPortal() {
        return vertx.createHttpServer().requestHandler(this::upgrade).listen(0, "127.0.0.1");
    }

    private void upgrade(HttpServerRequest request) {
        logins.add(request.uri());
        if (portalStatus == 101) {
            request.toWebSocket().onSuccess(ControlplaneTest::serve);
        } else {
            request.response().setStatusCode(portalStatus).end();
        }
    }

    private static void serve(ServerWebSocket socket) {
        var session = new ServerSession(PeerRole.GATEWAY, 0);
        socket.textMessageHandler(
                text -> {
                    session.handleText(text, 0);
                    session.acceptJoin();
                    for (var out = session.pollTransmit();
                            out != null;
                            out = session.pollTransmit()) {
                        socket.writeTextMessage(out);
                    }
                    if (text.contains(Frame.JOIN)) {
                        socket.writeTextMessage(INIT);
                    }
                });
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    private final class FakeDataplane extends DataplaneService {
        private final long epoch;

        FakeDataplane(long epoch) {
            this.epoch = epoch;
        }

        @Override
        public Future<HelloReply> hello(HelloRequest request) {
            return Future.succeededFuture(
                    HelloReply.newBuilder().setContractVersion(1).setEpoch(epoch).build());
        }

        @Override
        protected void resume(
                ReadStream<ResumeRequest> request, Completable<ResumeReply> response) {
            request.handler(_ -> {});
            request.endHandler(
                    _ -> {
                        calls.add("resume");
                        response.complete(ResumeReply.getDefaultInstance(), null);
                    });
        }

        @Override
        protected void events(EventsRequest request, WriteStream<Event> response) {
            var key = new byte[32];
            key[1] = 1;
            key[2] = 2;
            var snapshot =
                    Snapshot.newBuilder()
                            .setKeyPair(
                                    KeyPair.newBuilder().setPublicKey(ByteString.copyFrom(key)));
            var chunk = SnapshotChunk.newBuilder().setFirst(true).setLast(true).setPart(snapshot);
            response.write(Event.newBuilder().setEpoch(epoch).setSnapshot(chunk).build());
            var status = Status.newBuilder().setSocketsOpen(true);
            response.write(Event.newBuilder().setEpoch(epoch).setStatus(status).build());
        }

        @Override
        public Future<ConfigureReply> configure(ConfigureRequest request) {
            calls.add("configure " + request.getInterface().getIpv4());
            return Future.succeededFuture(ConfigureReply.getDefaultInstance());
        }

        @Override
        public Future<UpdateRelaysReply> updateRelays(UpdateRelaysRequest request) {
            calls.add("relays " + request.getRelaysCount());
            return Future.succeededFuture(UpdateRelaysReply.getDefaultInstance());
        }

        @Override
        protected void reconcile(
                ReadStream<ReconcileRequest> request, Completable<ReconcileReply> response) {
            request.handler(_ -> {});
            request.endHandler(
                    _ -> {
                        calls.add("reconcile");
                        response.complete(ReconcileReply.getDefaultInstance(), null);
                    });
        }

        @Override
        public Future<ShutdownReply> shutdown(ShutdownRequest request) {
            calls.add("shutdown " + request.getGoodbye());
            return Future.succeededFuture(ShutdownReply.getDefaultInstance());
        }
    }
}
