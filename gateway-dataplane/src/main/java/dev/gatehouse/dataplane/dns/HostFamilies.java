package dev.gatehouse.dataplane.dns;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Whether the host can reach anything over IPv6: it has an address for that on another device than
/// the loopback and the tunnel's. Where it has none an IPv6 address of a resource is of no use, and
/// clients must hear so at once.
final class HostFamilies {
    static final Path V6_ADDRESSES = Path.of("/proc/net/if_inet6");

    private static final int SCOPE = 3;
    private static final int NAME = 5;
    private static final String GLOBAL = "00";
    private static final String TUNNEL = "tun-firezone";

    private HostFamilies() {}

    static boolean hasV6() {
        return hasV6(V6_ADDRESSES);
    }

    /// @param addresses as the kernel lists them: address, index, prefix, scope, flags, name
    static boolean hasV6(Path addresses) {
        try (var lines = Files.lines(addresses)) {
            return lines.map(line -> line.strip().split("\\s+"))
                    .filter(words -> words.length > NAME && words[SCOPE].equals(GLOBAL))
                    .anyMatch(words -> !words[NAME].startsWith(TUNNEL));
        } catch (IOException _) {
            return false; // a kernel without IPv6
        }
    }
}
