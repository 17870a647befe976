package dev.gatehouse.channel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.message.Secret;
import dev.gatehouse.wire.IpAddress;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PfxOptions;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A portal over TLS is reached at an address, and known by its name.
class PortalTlsTest {
    private static final String PASSWORD = "changeit";

    private final Vertx vertx = Vertx.vertx();
    private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<String> namesAsked = new LinkedBlockingQueue<>();
    @TempDir private Path directory;

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
        var store = directory.resolve("portal.p12");
        var made =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "portal",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=" + name,
                                "-ext",
                                "san=dns:" + name,
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                store.toString(),
                                "-storepass",
                                PASSWORD)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        assertThat(made.waitFor()).isZero();
        writeCertificate(store);
        var options =
                new HttpServerOptions()
                        .setSsl(true)
                        .setSni(true)
                        .setKeyCertOptions(
                                new PfxOptions().setPath(store.toString()).setPassword(PASSWORD));
        return vertx.createHttpServer(options)
                .requestHandler(this::upgrade)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    private void writeCertificate(Path store) throws Exception {
        var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        var base64 =
                Base64.getMimeEncoder().encodeToString(keys.getCertificate("portal").getEncoded());
        Files.writeString(
                pem(), "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n");
    }

    private Path pem() {
        return directory.resolve("portal.pem");
    }

    private Optional<Path> trusted() {
        return Optional.of(pem());
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
                        .withKnownAddresses(List.of(IpAddress.parse("127.0.0.1")));
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
