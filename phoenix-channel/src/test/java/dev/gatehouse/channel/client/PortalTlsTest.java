package dev.gatehouse.channel.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.login.LoginUrl;
import dev.gatehouse.channel.session.ReconnectPolicy;
import dev.gatehouse.channel.session.ServerSession;
import dev.gatehouse.testkit.TestCertificate;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PfxOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A portal over TLS is reached at an address, and known by its name.
class PortalTlsTest {
    private final Vertx vertx = Vertx.vertx();
    private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<String> namesAsked = new LinkedBlockingQueue<>();
    @TempDir private Path directory;
    private TestCertificate certificate;

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void theCertificateOfTheNameIsAskedForAndAccepted() throws Exception {
        var client = client(serve("portal.invalid"), trusted());
        client.start();

        assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo("joined");
        assertThat(namesAsked.take()).isEqualTo("portal.invalid");
        end(client);
    }

    @Test
    void aCertificateOfAnotherNameIsFatal() throws Exception {
        var client = client(serve("other.invalid"), trusted());
        client.start();

        assertThat(told.poll(20, TimeUnit.SECONDS)).startsWith("fatal").contains("certificate");
        end(client);
    }

    @Test
    void aCertificateThatNobodyVouchesForIsFatal() throws Exception {
        var client = client(serve("portal.invalid"), Optional.empty());
        client.start();

        assertThat(told.poll(20, TimeUnit.SECONDS)).startsWith("fatal").contains("certificate");
        end(client);
    }

    private static void end(PhoenixClient client) throws Exception {
        client.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private HttpServer serve(String name) throws Exception {
        certificate = TestCertificate.create(directory, "dns:" + name);
        var options =
                new HttpServerOptions()
                        .setSsl(true)
                        .setSni(true)
                        .setKeyCertOptions(
                                new PfxOptions()
                                        .setPath(certificate.store().toString())
                                        .setPassword(TestCertificate.PASSWORD));
        return vertx.createHttpServer(options)
                .requestHandler(this::upgrade)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    private Optional<Path> trusted() {
        return Optional.of(certificate.pem());
    }

    private void upgrade(HttpServerRequest request) {
        namesAsked.add(request.connection().indicatedServerName());
        var session = new ServerSession(PeerRole.CLIENT, 0);
        request.toWebSocket()
                .onSuccess(
                        socket ->
                                socket.textMessageHandler(
                                        text -> {
                                            session.handleText(text, 0);
                                            session.acceptJoin();
                                            socket.writeTextMessage(session.pollTransmit());
                                        }));
    }

    private PhoenixClient client(HttpServer server, Optional<Path> caFile) {
        var login =
                LoginUrl.tunnelPeer(
                        URI.create("wss://portal.invalid:" + server.actualPort()),
                        PeerRole.CLIENT,
                        new Secret(".t"),
                        "id",
                        "name",
                        "key");
        var options =
                PhoenixOptions.tunnelPeer(
                                PeerRole.CLIENT, () -> login, "test", ReconnectPolicy.daemon())
                        .withCaFile(caFile)
                        .withNetwork(KnownHosts.of("127.0.0.1"));
        return new PhoenixClient(vertx, options, listener());
    }

    private ChannelListener listener() {
        return new ChannelListener() {
            @Override
            public void onJoined() {
                told.add("joined");
            }

            @Override
            public void onMessage(String event, JsonNode payload) {
                told.add(event);
            }

            @Override
            public void onDisconnected(String reason) {
                told.add("disconnected: " + reason);
            }

            @Override
            public void onFatal(String reason) {
                told.add("fatal: " + reason);
            }
        };
    }
}
