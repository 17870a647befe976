package dev.gatehouse.systemtests.site;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatehouse.testkit.Eventually;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/// A thread with a network and a mount namespace of its own, both gone when the thread ends.
///
/// `/run` and `/var/lib` are empty, `/etc` is a copy. Sockets that the thread opens and
/// programs that it starts live inside.
public final class Sandbox {
    /// What a test does inside.
    public interface Body {
        void run(Sandbox sandbox) throws Exception;
    }

    private static final int CLONE_NEWNS = 0x0002_0000;
    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final Duration LIMIT = Duration.ofSeconds(300);
    private static final Duration UNTIL_LIMIT = Duration.ofSeconds(60);
    private static final String SET_UP =
            """
            mount --make-rprivate /
            cat /etc/resolv.conf > "$0/resolv.conf" 2>/dev/null || : > "$0/resolv.conf"
            mount -t tmpfs tmpfs /run
            mount -t tmpfs tmpfs /var/lib
            mkdir -p /run/etc/upper /run/etc/work
            mount -t overlay etc -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work /etc
            rm -f /etc/resolv.conf && : >/etc/resolv.conf # may be a link to what is not here
            mount --bind "$0/resolv.conf" /etc/resolv.conf
            ip link set lo up
            """;

    private final Path folder;
    private final List<Program> programs = new ArrayList<>();

    private Sandbox(Path folder) {
        this.folder = folder;
    }

    /// Runs `body` inside. Without root it is skipped, or fails where namespaces are required.
    ///
    /// @param folder for files of the test; removed by the caller
    public static void run(Path folder, Body body) throws Exception {
        run(folder, LIMIT, body);
    }

    /// As above, for what may take longer, or shall not.
    public static void run(Path folder, Duration limit, Body body) throws Exception {
        var result = new CompletableFuture<Void>();
        Thread.ofPlatform().name("sandbox").start(() -> runInside(folder, body, result));
        try {
            result.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw (Error) e.getCause();
        }
    }

    private static void runInside(Path folder, Body body, CompletableFuture<Void> result) {
        var sandbox = new Sandbox(folder);
        Throwable failure = null;
        try {
            enter();
            sandbox.exec("sh", "-e", "-c", SET_UP, folder.toString());
            body.run(sandbox);
        } catch (Throwable e) {
            failure = e;
        } finally {
            sandbox.endAll(); // before the result is told: the JVM may end with the last test
        }
        if (failure == null) {
            result.complete(null);
        } else {
            result.completeExceptionally(failure);
        }
    }

    @SuppressWarnings("restricted") // a system call: no other way into a namespace of one thread
    private static void enter() throws Throwable {
        var linker = Linker.nativeLinker();
        var unshare =
                linker.downcallHandle(
                        linker.defaultLookup().find("unshare").orElseThrow(),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        if ((int) unshare.invokeExact(CLONE_NEWNET | CLONE_NEWNS) != 0) {
            missing("namespaces need root");
        }
    }

    /// Skips the test, or fails it where namespaces are required.
    public static void missing(String reason) {
        if (System.getenv().getOrDefault("GATEHOUSE_REQUIRE", "").contains("netns")) {
            fail(reason);
        }
        assumeTrue(false, reason);
    }

    /// Skips or fails unless `program` is on the path.
    public static void require(String program, String debianPackage) {
        for (String folder : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return;
            }
        }
        missing("%s is missing: install the Debian package %s".formatted(program, debianPackage));
    }

    public Path folder() {
        return folder;
    }

    public Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    /// Runs a program to its end and returns what it printed; fails the test if it fails.
    public String exec(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            fail(String.join(" ", command) + ": " + output);
        }
        return output;
    }

    /// Looks again and again until it is so.
    public void until(String what, Callable<Boolean> isSo) throws Exception {
        Eventually.becomes(what, UNTIL_LIMIT, isSo);
    }

    /// Starts a program that ends with the sandbox.
    public Program start(Program.Spec spec) throws IOException {
        var program = Program.start(folder, spec);
        programs.add(program);
        return program;
    }

    private void endAll() {
        programs.reversed().forEach(Program::close);
    }
}
