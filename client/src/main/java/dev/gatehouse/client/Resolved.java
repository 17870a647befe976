package dev.gatehouse.client;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Makes systemd-resolved ask our sentinels, through its command line tool (client.md 25). All that
/// is set belongs to the interface and goes with it.
final class Resolved implements ServerSource {
    static final String TOOL = "resolvectl";

    private static final String EVERY_NAME = "~.";
    private static final long SECONDS_MAX = 5;

    private final String tool;
    private final String device;

    Resolved(String tool, String device) {
        this.tool = tool;
        this.device = device;
    }

    /// With a search domain only its names are asked of us; else all names are.
    void set(List<IpAddress> sentinels, Optional<String> searchDomain) throws IOException {
        var servers = new ArrayList<>(List.of("dns", device));
        sentinels.forEach(sentinel -> servers.add(sentinel.toString()));
        if (sentinels.isEmpty()) {
            servers.add(""); // none; without this word the tool would only tell
        }
        run(servers);
        run(List.of("domain", device, searchDomain.orElse(EVERY_NAME)));
        run(List.of("llmnr", device, "true"));
        flushCaches();
    }

    void flushCaches() throws IOException {
        run(List.of("flush-caches"));
    }

    /// Those of all interfaces, ours included; without those that need a zone.
    @Override
    public List<IpAddress> systemServers() throws IOException {
        return run(List.of("dns"))
                .lines()
                .flatMap(line -> Arrays.stream(line.split("\\s+")))
                .map(word -> word.replaceFirst("#.*", "")) // the name in a certificate
                .flatMap(word -> address(word).stream())
                .distinct()
                .toList();
    }

    private static Optional<IpAddress> address(String word) {
        try {
            return Optional.of(IpAddress.parse(word));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private String run(List<String> arguments) throws IOException {
        var command = Stream.concat(Stream.of(tool), arguments.stream()).toList();
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var output = process.getInputStream()) {
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("%s %s does not end".formatted(tool, arguments.getFirst()));
            }
            var text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            if (process.exitValue() != 0) {
                throw new IOException(
                        "%s %s failed: %s".formatted(tool, arguments.getFirst(), text.strip()));
            }
            return text;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        }
    }
}
