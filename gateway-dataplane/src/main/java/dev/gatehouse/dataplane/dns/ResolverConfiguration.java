package dev.gatehouse.dataplane.dns;

import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What resolv.conf(5) says: servers, search list and options. What cannot be read is left out;
/// without a server the local host is asked, never a public one.
///
/// @param servers three at the most; IPv6 with its zone, as `fe80::1%eth0`
/// @param search domains that may be missing at the end of a name
/// @param timeout for one server
/// @param attempts rounds through all servers
/// @param rotate whether each look-up begins with another server
/// @param overTcp whether queries go over TCP from the first
record ResolverConfiguration(
        List<InetSocketAddress> servers,
        List<String> search,
        Duration timeout,
        int attempts,
        boolean rotate,
        boolean overTcp) {
    static final int SERVERS_MAX = 3;

    private static final Logger LOG = LoggerFactory.getLogger(ResolverConfiguration.class);
    private static final String PUT_ASIDE = ".before-firezone"; // by a client
    private static final int PORT = 53;
    private static final int TIMEOUT_S = 5;
    private static final int TIMEOUT_S_MAX = 30;
    private static final int ATTEMPTS = 2;
    private static final int ATTEMPTS_MAX = 5;
    private static final int SEARCH_MAX = 6;
    static final int LENGTH_MAX = 64 << 10;

    ResolverConfiguration {
        servers = List.copyOf(servers);
        search = List.copyOf(search);
    }

    /// A file that is not there says nothing. One that a client on this host has written names
    /// that client, whose answers lead into its tunnel: then what it put aside is read.
    static ResolverConfiguration read(Path file) {
        try {
            var lines = lines(file);
            var original = file.resolveSibling(file.getFileName() + PUT_ASIDE);
            boolean isClients = lines.stream().anyMatch(ResolverConfiguration::namesClient);
            return parse(isClients && Files.isRegularFile(original) ? lines(original) : lines);
        } catch (IOException e) {
            LOG.info("{} cannot be read: {}", file, e.getMessage());
            return parse(List.of());
        }
    }

    /// As much as any such file has; comments may be in any encoding.
    private static List<String> lines(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var text = new String(in.readNBytes(LENGTH_MAX), StandardCharsets.ISO_8859_1);
            return text.lines().toList();
        }
    }

    static ResolverConfiguration parse(List<String> lines) {
        var parser = new Parser();
        lines.forEach(parser::handle);
        return parser.finish();
    }

    private static boolean namesClient(String line) {
        var words = line.strip().split("\\s+");
        return words.length > 1
                && words[0].equals("nameserver")
                && address(words[1]).filter(ResolverConfiguration::isClient).isPresent();
    }

    /// Whether a client answers there, to its own host (client.md 25).
    private static boolean isClient(InetAddress address) {
        var server = IpAddress.ofBytes(address.getAddress());
        return TunnelRanges.SENTINELS_V4.contains(server)
                || TunnelRanges.SENTINELS_V6.contains(server);
    }

    private static final class Parser {
        private final List<InetAddress> addresses = new ArrayList<>();
        private List<String> search = List.of();
        private int port = PORT;
        private int timeout = TIMEOUT_S;
        private int attempts = ATTEMPTS;
        private boolean rotate;
        private boolean overTcp;

        void handle(String line) {
            var words = Arrays.asList(line.strip().split("\\s+"));
            if (words.size() < 2) {
                return;
            }
            switch (words.getFirst()) {
                case "nameserver" ->
                        address(words.get(1))
                                .filter(address -> !isClient(address))
                                .ifPresent(addresses::add);
                case "port" -> port = number(words.get(1), PORT, 65_535); // as the BSDs have it
                case "domain", "search" ->
                        search = words.stream().skip(1).limit(SEARCH_MAX).toList();
                case "options" -> words.stream().skip(1).forEach(this::option);
                default -> {} // a comment, or of no concern
            }
        }

        private void option(String option) {
            var parts = option.split(":", 2);
            var value = parts.length == 2 ? parts[1] : "";
            switch (parts[0]) {
                case "timeout" -> timeout = number(value, TIMEOUT_S, TIMEOUT_S_MAX);
                case "attempts" -> attempts = number(value, ATTEMPTS, ATTEMPTS_MAX);
                case "rotate" -> rotate = true;
                case "use-vc" -> overTcp = true;
                default -> {} // ndots: see HostResolver; EDNS is never used
            }
        }

        ResolverConfiguration finish() {
            if (addresses.isEmpty()) {
                addresses.add(InetAddress.getLoopbackAddress());
            }
            return new ResolverConfiguration(
                    addresses.stream()
                            .limit(SERVERS_MAX)
                            .map(address -> new InetSocketAddress(address, port))
                            .toList(),
                    search,
                    Duration.ofSeconds(timeout),
                    attempts,
                    rotate,
                    overTcp);
        }
    }

    private static int number(String text, int otherwise, int max) {
        try {
            return Math.clamp(Integer.parseInt(text), 1, max);
        } catch (NumberFormatException _) {
            return otherwise;
        }
    }

    /// Nothing but an address: a name would have to be resolved.
    private static Optional<InetAddress> address(String text) {
        try {
            return DnsUpstream.isServer(text)
                    ? Optional.of(InetAddress.getByName(text))
                    : Optional.empty();
        } catch (UnknownHostException _) {
            return Optional.empty(); // a zone that is no interface of the host
        }
    }
}
