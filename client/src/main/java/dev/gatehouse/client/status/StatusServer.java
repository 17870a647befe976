package dev.gatehouse.client.status;

import dev.gatehouse.channel.frame.Json;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells its status to whoever connects to a socket that only our user can reach, and hangs up.
/// Callers do not wait for one another; who does not read within some seconds is cut off.
public final class StatusServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatusServer.class);
    private static final long ANSWER_SECONDS_MAX = 2;
    private static final long READ_SECONDS_MAX = 10;
    private static final int CALLERS_MAX = 32;

    private final Path path;
    private final ServerSocketChannel server;
    private final Consumer<CompletableFuture<ClientStatus>> loop;
    private final Semaphore places = new Semaphore(CALLERS_MAX);

    /// @param loop completes what it is given
    public StatusServer(Path path, Consumer<CompletableFuture<ClientStatus>> loop)
            throws IOException {
        this.path = path;
        this.loop = loop;
        var directory = PosixFilePermissions.fromString("rwx------");
        Files.createDirectories(
                path.toAbsolutePath().getParent(), PosixFilePermissions.asFileAttribute(directory));
        Files.deleteIfExists(path);
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        Thread.ofVirtual().name("client-status").start(this::serve);
    }

    private void serve() {
        while (server.isOpen()) {
            try {
                var caller = server.accept();
                if (places.tryAcquire()) {
                    Thread.ofVirtual().name("client-status").start(() -> serve(caller));
                } else {
                    caller.close();
                }
            } catch (IOException e) {
                LOG.debug("status: {}", e.toString());
            }
        }
    }

    private void serve(SocketChannel caller) {
        CompletableFuture.delayedExecutor(READ_SECONDS_MAX, TimeUnit.SECONDS)
                .execute(() -> cut(caller));
        try (caller) {
            answer(caller);
        } catch (IOException e) {
            LOG.debug("status: {}", e.toString());
        } finally {
            places.release();
        }
    }

    private static void cut(SocketChannel caller) {
        try {
            caller.close();
        } catch (IOException e) {
            LOG.debug("status: {}", e.toString());
        }
    }

    private void answer(SocketChannel caller) throws IOException {
        var answer = new CompletableFuture<ClientStatus>();
        loop.accept(answer);
        try {
            var status = answer.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
            var bytes = ByteBuffer.wrap(Json.MAPPER.writeValueAsBytes(status));
            while (bytes.hasRemaining()) {
                caller.write(bytes);
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the loop does not answer", e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Asks the client that runs.
    static ClientStatus ask(Path path) throws IOException {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            var text =
                    new String(
                            Channels.newInputStream(channel).readAllBytes(),
                            StandardCharsets.UTF_8);
            return Json.MAPPER.readValue(text, ClientStatus.class);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.debug("status: {}", e.toString());
        }
    }
}
