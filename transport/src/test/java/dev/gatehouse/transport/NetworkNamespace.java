package dev.gatehouse.transport;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatehouse.transport.host.LinkConfig;
import dev.gatehouse.transport.sys.Libc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/// Runs code on a thread of its own in a fresh network namespace, which ends with the thread.
public final class NetworkNamespace {
    private static final int CLONE_NEWNET = 0x40000000;

    public interface Body {
        void run() throws Exception;
    }

    private NetworkNamespace() {}

    public static void run(Body body) throws Exception {
        var result = new CompletableFuture<Void>();
        Thread.ofPlatform()
                .name("namespace")
                .start(
                        () -> {
                            try {
                                enter();
                                body.run();
                                result.complete(null);
                            } catch (Throwable e) {
                                result.completeExceptionally(e);
                            }
                        });
        try {
            result.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw (Error) e.getCause();
        }
    }

    private static void enter() throws IOException {
        if (Libc.C.unshare(CLONE_NEWNET) < 0) {
            String reason = "no network namespace: " + Libc.C.strerror(Libc.errno());
            if (System.getenv().getOrDefault("GATEHOUSE_REQUIRE", "").contains("netns")) {
                fail(reason);
            }
            assumeTrue(false, reason);
        }
        try (var loopback = new LinkConfig("lo")) {
            loopback.linkUp();
        }
    }

    /// Runs a program in this thread's namespace; returns what it printed.
    public static String exec(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            fail(String.join(" ", command) + ": " + output);
        }
        return output;
    }
}
