package dev.gatehouse.client.resolver;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Makes systemd-resolved ask our sentinels, through its command line tool (client.md 25). All that
/// is set belongs to the interface and goes with it.
final class Resolved implements HostResolver {
    static final String TOOL = "resolvectl";

    private static final String EVERY_NAME = "~.";
    private static final long SECONDS_MAX = 5;
    private static final long OBSERVE_EVERY_MS = 5_000; // each look starts a program

    private final String tool;
    private final String device;
    private List<IpAddress> sentinels = List.of();

    Resolved(String tool, String device) {
        this.tool = tool;
        this.device = device;
    }

    @Override
    public String name() {
        return "systemd-resolved";
    }

    @Override
    public long observeEveryMs() {
        return OBSERVE_EVERY_MS;
    }

    /// Why it cannot be asked, and what to do about it, in one line; empty if it can.
    Optional<String> obstacle() {
        try {
            observe();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(e.getMessage() + ": install and start systemd-resolved");
        }
    }

    /// With a search domain only its names are asked of us; else all names are.
    @Override
    public void set(DnsWish wish) throws IOException {
        sentinels = wish.sentinels();
        var servers = new ArrayList<>(List.of("dns", device));
        sentinels.forEach(sentinel -> servers.add(sentinel.toString()));
        if (sentinels.isEmpty()) {
            servers.add(""); // none; without this word the tool would only tell
        }
        run(servers);
        run(List.of("domain", device, wish.searchDomain().orElse(EVERY_NAME)));
        run(List.of("llmnr", device, "true"));
        flushCaches();
    }

    @Override
    public void flushCaches() throws IOException {
        run(List.of("flush-caches"));
    }

    /// All goes with the interface.
    @Override
    public void revert() {}

    /// The servers of all interfaces but ours; without those that need a zone.
    @Override
    public Observation observe() throws IOException {
        var text = run(List.of("dns"));
        var ours = text.lines().filter(this::isOurs).toList();
        boolean isKept =
                sentinels.isEmpty() || ours.stream().anyMatch(l -> servers(l).equals(sentinels));
        var others = text.lines().filter(line -> !isOurs(line)).collect(Collectors.joining("\n"));
        return new Observation(servers(others), isKept, text);
    }

    private boolean isOurs(String line) {
        return line.startsWith("Link ") && line.contains("(%s)".formatted(device));
    }

    private static List<IpAddress> servers(String text) {
        return Arrays.stream(text.split("\\s+"))
                .map(word -> word.replaceFirst("#.*", "")) // the name in a certificate
                .flatMap(word -> ResolverFile.address(word).stream())
                .distinct()
                .toList();
    }

    private String run(List<String> arguments) throws IOException {
        var command = Stream.concat(Stream.of(tool), arguments.stream()).toList();
        var process = start(command);
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
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        }
    }

    private static Process start(List<String> command) throws IOException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new IOException("%s cannot be run".formatted(command.getFirst()), e);
        }
    }
}
