package dev.gatehouse.containers.kubernetes;

import com.github.dockerjava.api.model.Capability;
import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.Lab;
import dev.gatehouse.testkit.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.Network;

/// The machine under the pods: a container that sees all processes of the engine, may look into
/// them, and is in the pods' network. The test itself may be in none of these namespaces.
final class Node implements AutoCloseable {
    private static final String FOLDER = "/node";
    private static final String SOCKET = "agent";

    /// To look into processes and to enter their namespaces, to signal them, and to serve names.
    private static final Capability[] RIGHTS = {
        Capability.SYS_PTRACE,
        Capability.SYS_ADMIN,
        Capability.DAC_OVERRIDE,
        Capability.KILL,
        Capability.NET_BIND_SERVICE
    };

    private final Path folder; // a short one: the path of a Unix socket has a limit
    private final Box box;

    Node(Network network, String address) throws IOException {
        folder = Files.createTempDirectory("gatehouse-node");
        box =
                Lab.box(
                                "java",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-Xmx64m",
                                "-cp",
                                "/lab",
                                NodeAgent.class.getName(),
                                FOLDER + "/" + SOCKET)
                        .on(network, "node", address)
                        .bind(folder.toString(), FOLDER, true)
                        .with(config -> config.withPidMode("host").withCapAdd(RIGHTS));
    }

    Node start() {
        box.start();
        Eventually.holds("the node answers", Eventually.LONG, this::answers);
        return this;
    }

    /// The socket is there a moment before it listens.
    private boolean answers() {
        try {
            return Files.exists(folder.resolve(SOCKET)) && !file("/proc/self/stat").isEmpty();
        } catch (UncheckedIOException _) {
            return false;
        }
    }

    /// The body of a page, whatever its status; empty without an answer in time.
    String page(String url, Duration timeout) {
        var answer = ask("http %d %s".formatted(timeout.toMillis(), url));
        return answer.substring(answer.indexOf('\n') + 1);
    }

    /// The HTTP status of a page; 0 without an answer in time.
    int status(String url, Duration timeout) {
        var answer = ask("http %d %s".formatted(timeout.toMillis(), url));
        return answer.startsWith("0 ")
                ? 0
                : Integer.parseInt(answer.lines().findFirst().orElseThrow());
    }

    String file(String path) {
        return ask("file " + path);
    }

    /// All that a socket says to whoever connects.
    String said(String socket) {
        return ask("unix " + socket);
    }

    private String ask(String line) {
        var address = UnixDomainSocketAddress.of(folder.resolve(SOCKET));
        try (var channel = SocketChannel.open(address)) {
            channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
            channel.shutdownOutput();
            return new String(
                    Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Runs a program as root of the node.
    ExecResult run(List<String> command) {
        return box.run(command.toArray(String[]::new));
    }

    @Override
    public void close() throws IOException {
        box.stop();
        Files.deleteIfExists(folder.resolve(SOCKET));
        Files.delete(folder);
    }
}
