package dev.gatehouse.transport.host;

import dev.gatehouse.wire.IpAddress.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Kernel settings of the host that a gateway needs (tunnel.md 1.1, 8.2).
///
/// What an administrator has switched off stays off: IPv6 (`disable_ipv6`), and router
/// advertisements (`accept_ra` 0). tunnel.md 8.2 sets `disable_ipv6` to 0; that is left to whoever
/// runs the host.
public final class HostSettings {
    private static final Logger LOG = LoggerFactory.getLogger(HostSettings.class);
    private static final Path ROOT = Path.of("/proc/sys/net");
    private static final Path IPV6_ROUTES = Path.of("/proc/thread-self/net/ipv6_route");
    private static final String FORWARD_V4 = "ipv4/ip_forward";
    private static final String FORWARD_V6 = "ipv6/conf/all/forwarding";
    private static final String DISABLE_V6 = "ipv6/conf/all/disable_ipv6";
    private static final int ROUTE_FLAGS_FIELD = 8;
    private static final int ROUTE_DEVICE_FIELD = 9;
    private static final long RTF_ADDRCONF = 0x40000; // learned from a router advertisement

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

    /// Switches forwarding on where it is off and may be switched. A host that forwards IPv6 gives
    /// up what it learned from router advertisements, so interfaces that have such routes are told
    /// first to go on listening.
    ///
    /// @param tunnels names of the tunnel's devices
    /// @return the settings that were changed, such as `net.ipv4.ip_forward`
    public static List<String> enableForwarding(List<String> tunnels) {
        var changed = new ArrayList<String>();
        ensure("ipv4/conf/all/src_valid_mark", "1", changed);
        ensure(FORWARD_V4, "1", changed);
        tunnels.forEach(tunnel -> ensure(forwardingOf(tunnel), "1", changed));
        if (!isDisabled(Family.IPV6) && reads(FORWARD_V6, "0")) {
            devicesWithLearnedRoutes()
                    .filter(device -> reads(acceptRaOf(device), "1"))
                    .forEach(device -> ensure(acceptRaOf(device), "2", changed));
            ensure(FORWARD_V6, "1", changed);
            ensure("ipv6/conf/default/forwarding", "1", changed);
        }
        return changed;
    }

    private static String forwardingOf(String device) {
        return "ipv4/conf/%s/forwarding".formatted(device);
    }

    private static String acceptRaOf(String device) {
        return "ipv6/conf/%s/accept_ra".formatted(device);
    }

    private static Stream<String> devicesWithLearnedRoutes() {
        try {
            return Files.readAllLines(IPV6_ROUTES).stream()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(fields -> fields.length > ROUTE_DEVICE_FIELD)
                    .filter(fields -> isLearned(fields[ROUTE_FLAGS_FIELD]))
                    .map(fields -> fields[ROUTE_DEVICE_FIELD])
                    .distinct();
        } catch (IOException e) {
            LOG.debug("{} cannot be read: {}", IPV6_ROUTES, e.getMessage());
            return Stream.empty();
        }
    }

    private static boolean isLearned(String flags) {
        return (Long.parseLong(flags, 16) & RTF_ADDRCONF) != 0;
    }

    private static void ensure(String name, String value, List<String> changed) {
        var file = ROOT.resolve(name);
        try {
            if (Files.exists(file) && !Files.readString(file).strip().equals(value)) {
                Files.writeString(file, value);
                changed.add("net." + name.replace('/', '.'));
            }
        } catch (IOException e) {
            LOG.debug("{} stays as it is: {}", file, e.getMessage());
        }
    }

    /// What to do about a family that this host does not forward; empty if it does. A family that
    /// the kernel lacks, or that an administrator switched off, is [#isDisabled] instead.
    ///
    /// @param tunnels names of the tunnel's devices; those that are not there yet are left out
    public static Optional<String> forwardingRemedy(Family family, List<String> tunnels) {
        if (isDisabled(family)) {
            return Optional.empty();
        }
        var needed =
                family == Family.IPV6
                        ? Stream.of(FORWARD_V6)
                        : Stream.concat(
                                Stream.of(FORWARD_V4),
                                tunnels.stream().map(HostSettings::forwardingOf));
        return needed.filter(name -> reads(name, "0"))
                .findFirst()
                .map(
                        name ->
                                "%s is not forwarded on this host: set the sysctl net.%s=1"
                                        .formatted(name(family), name.replace('/', '.')));
    }

    /// That an administrator has switched a family off on a device, and how to switch it on again;
    /// empty if nobody has, if the kernel lacks it or the device is not there.
    public static Optional<String> switchedOff(Family family, String device) {
        if (family != Family.IPV6 || !reads(disableOf(device), "1")) {
            return Optional.empty();
        }
        var scope = reads(DISABLE_V6, "1") ? DISABLE_V6 : disableOf(device);
        return Optional.of(
                "IPv6 of the tunnel is switched off on this host;"
                        + " to switch it on again: sysctl -w net.%s=0"
                                .formatted(scope.replace('/', '.')));
    }

    private static String disableOf(String device) {
        return "ipv6/conf/%s/disable_ipv6".formatted(device);
    }

    /// Whether the host does not speak the family at all.
    public static boolean isDisabled(Family family) {
        return family == Family.IPV6
                && (!Files.exists(ROOT.resolve(FORWARD_V6)) || reads(DISABLE_V6, "1"));
    }

    static String name(Family family) {
        return family == Family.IPV4 ? "IPv4" : "IPv6";
    }

    private static boolean reads(String name, String value) {
        try {
            return Files.readString(ROOT.resolve(name)).strip().equals(value);
        } catch (IOException _) {
            return false;
        }
    }
}
