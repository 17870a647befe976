package dev.gatehouse.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Kernel settings of the host that a gateway needs (tunnel.md 1.1, 8.2). Failure is only told.
public final class HostSettings {
    private static final Logger LOG = LoggerFactory.getLogger(HostSettings.class);
    private static final Path ROOT = Path.of("/proc/sys/net");
    private static final Map<String, String> FORWARDING =
            new TreeMap<>(
                    Map.of(
                            "ipv4/ip_forward", "1",
                            "ipv4/conf/all/src_valid_mark", "1",
                            "ipv6/conf/all/disable_ipv6", "0",
                            "ipv6/conf/all/forwarding", "1",
                            "ipv6/conf/default/forwarding", "1"));

    private HostSettings() {}

    /// Raises the limits of socket buffers.
    public static void raiseBufferLimits(int receiveBytes, int sendBytes) {
        raise("core/rmem_max", receiveBytes);
        raise("core/wmem_max", sendBytes);
    }

    private static void raise(String name, int bytes) {
        try {
            var file = ROOT.resolve(name);
            if (Long.parseLong(Files.readString(file).strip()) < bytes) {
                Files.writeString(file, Integer.toString(bytes));
            }
        } catch (IOException | NumberFormatException e) {
            LOG.debug("{} stays as it is: {}", name, e.getMessage());
        }
    }

    /// Switches forwarding on where it is off and may be switched.
    ///
    /// @return what to do about each family that this host still does not forward, a line each
    public static List<String> enableForwarding() {
        FORWARDING.forEach((name, value) -> ensure(ROOT.resolve(name), value));
        return Stream.of(
                        remedy("IPv4", "ipv4/ip_forward"),
                        remedy("IPv6", "ipv6/conf/all/forwarding"))
                .flatMap(Optional::stream)
                .toList();
    }

    private static void ensure(Path file, String value) {
        try {
            if (Files.exists(file) && !Files.readString(file).strip().equals(value)) {
                Files.writeString(file, value);
            }
        } catch (IOException e) {
            LOG.debug("{} stays as it is: {}", file, e.getMessage());
        }
    }

    private static Optional<String> remedy(String family, String name) {
        return isOff(ROOT.resolve(name))
                ? Optional.of(
                        "%s is not forwarded on this host: set the sysctl net.%s=1"
                                .formatted(family, name.replace('/', '.')))
                : Optional.empty();
    }

    /// A family that the kernel lacks is not off.
    private static boolean isOff(Path file) {
        try {
            return Files.exists(file) && Files.readString(file).strip().equals("0");
        } catch (IOException e) {
            LOG.debug("{} cannot be read: {}", file, e.getMessage());
            return true;
        }
    }
}
