package dev.gatehouse.dataplane.host;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpAddress.Family;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The host's interfaces beside the tunnel's.
///
/// @param ways those by which packets of a family may leave: up, and with an address
/// @param clients tunnel addresses of clients that run on this host
/// @param otherTunnels names of the interfaces that have these
/// @param addresses all that the host has, but those
record Surroundings(
        Map<Family, Set<String>> ways,
        List<IpAddress> clients,
        Set<String> otherTunnels,
        Set<IpAddress> addresses) {
    static Surroundings look(List<String> tunnels) throws IOException {
        var ways = new EnumMap<Family, Set<String>>(Family.class);
        for (var family : Family.values()) {
            ways.put(family, new TreeSet<>());
        }
        var clients = new TreeSet<IpAddress>();
        var otherTunnels = new TreeSet<String>();
        var addresses = new TreeSet<IpAddress>();
        for (var device : NetworkInterface.networkInterfaces().toList()) {
            if (device.isLoopback() || tunnels.contains(device.getName()) || !device.isUp()) {
                continue;
            }
            for (var each : device.inetAddresses().toList()) {
                var address = IpAddress.ofBytes(each.getAddress());
                if (HostGuard.RANGES.stream().anyMatch(range -> range.contains(address))) {
                    clients.add(address);
                    otherTunnels.add(device.getName());
                    continue;
                }
                addresses.add(address);
                if (!each.isLinkLocalAddress()) {
                    ways.get(family(each)).add(device.getName());
                }
            }
        }
        return new Surroundings(ways, List.copyOf(clients), otherTunnels, addresses);
    }

    private static Family family(InetAddress address) {
        return address instanceof Inet4Address ? Family.IPV4 : Family.IPV6;
    }

    boolean has(Family family) {
        return !ways.get(family).isEmpty();
    }
}
