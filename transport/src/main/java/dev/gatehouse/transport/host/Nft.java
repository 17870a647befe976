package dev.gatehouse.transport.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Runs `nft`, the program of the host's packet filter. Every call waits for it to end, at most
/// ten seconds: never on a packet thread.
public final class Nft {
    private static final long WAIT_S = 10;
    private static final int OUTPUT_BYTES_MAX = 64 << 20;
    private static final String DEFAULT_PATH = "/usr/sbin:/sbin:/usr/bin:/bin";

    private final Path program;

    /// @param program see [#find]
    public Nft(Path program) {
        this.program = program;
    }

    /// Looks for `nft` on the path.
    public static Optional<Path> find() {
        String path = System.getenv().getOrDefault("PATH", "") + ":" + DEFAULT_PATH;
        return Arrays.stream(path.split(":"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, "nft"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /// Makes the changes, all or none.
    ///
    /// @throws IOException with the first line of what nft says of them
    public void apply(String script) throws IOException {
        start(script, List.of("-f", "-"));
    }

    /// All tables, chains and rules, without the elements of sets, as libnftables-json(5) has them.
    public String rulesetAsJson() throws IOException {
        return start("", List.of("-j", "-t", "list", "ruleset"));
    }

    /// As people read it, each rule with its handle. It shows what the JSON keeps back of rules
    /// that `iptables` made.
    public String rulesetAsText() throws IOException {
        return start("", List.of("-a", "-t", "list", "ruleset"));
    }

    private String start(String input, List<String> arguments) throws IOException {
        var command = new ArrayList<String>();
        command.add(program.toString());
        command.addAll(arguments);
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            return output(process, input);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String output(Process process, String input) throws IOException {
        var watchdog = process.onExit().orTimeout(WAIT_S, TimeUnit.SECONDS);
        watchdog.exceptionally(
                _ -> {
                    process.destroyForcibly();
                    return process;
                });
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException _) {
            // it has ended without reading: its exit code says more
        }
        var bytes = process.getInputStream().readNBytes(OUTPUT_BYTES_MAX);
        var output = new String(bytes, StandardCharsets.UTF_8);
        int code = exitCode(process);
        if (watchdog.isCompletedExceptionally()) {
            throw new IOException("nft does not end");
        }
        if (code != 0) {
            var reason = output.lines().map(String::strip).filter(line -> !line.isEmpty());
            throw new IOException("nft failed: " + reason.findFirst().orElse("exit code " + code));
        }
        return output;
    }

    private static int exitCode(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while nft ran", e);
        }
    }
}
