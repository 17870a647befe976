package dev.gatehouse.dataplane.host;

import dev.gatehouse.transport.host.HostSettings;
import dev.gatehouse.wire.IpAddress.Family;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Judges from kernel settings and packet filter whether the host passes on what leaves the tunnel.
///
/// A gateway whose host has IPv4 is of no use without it; one that forwards no IPv6 there is, so
/// that is only a warning. A filter that lets something pass by some interface is one, too: the
/// administrator may mean it.
final class HostJudge {
    private static final int DNS_PORT = 53_535; // of the gateway, for clients

    private final List<String> tunnels;
    private final Surroundings around;
    private final Optional<PacketFilter> filter;
    private final Set<String> warnings = new LinkedHashSet<>();

    /// @param tunnels names of the tunnel's devices
    /// @param filter empty if it cannot be read
    HostJudge(List<String> tunnels, Surroundings around, Optional<PacketFilter> filter) {
        this.tunnels = tunnels;
        this.around = around;
        this.filter = filter;
    }

    HostHealth judge() {
        var v4 = fault(Family.IPV4);
        var v6 = fault(Family.IPV6);
        warnAboutDns();
        warnAboutSwitchedOff();
        boolean needsV4 = around.has(Family.IPV4) || !around.has(Family.IPV6);
        if (needsV4 && around.has(Family.IPV6)) {
            v6.ifPresent(warnings::add);
        }
        return new HostHealth(needsV4 ? v4 : v6, List.copyOf(warnings));
    }

    /// Everything that the packet filter closes, a line each.
    List<String> closed() {
        var lines = new LinkedHashSet<String>();
        closedBy(Family.IPV4).ifPresent(lines::add);
        closedBy(Family.IPV6).ifPresent(lines::add);
        warnAboutDns();
        lines.addAll(warnings);
        return List.copyOf(lines);
    }

    private Optional<String> fault(Family family) {
        return HostSettings.forwardingRemedy(family, tunnels).or(() -> closedBy(family));
    }

    /// What the packet filter lets nothing of the family pass by, to or from any interface.
    private Optional<String> closedBy(Family family) {
        var found = new ArrayList<String>();
        boolean isOpen = false;
        for (var way : around.ways().get(family)) {
            var obstacle = obstacle(family, way);
            obstacle.ifPresent(what -> found.add(line(family, way, what)));
            isOpen |= obstacle.isEmpty();
        }
        if (isOpen) {
            warnings.addAll(found);
            return Optional.empty();
        }
        return found.stream().findFirst();
    }

    private Optional<String> obstacle(Family family, String way) {
        return filter.flatMap(
                read ->
                        tunnels.stream()
                                .flatMap(tunnel -> kinds(family, tunnel, way))
                                .flatMap(packets -> read.obstacle(packets).stream())
                                .findFirst());
    }

    private static Stream<Packets> kinds(Family family, String tunnel, String way) {
        return Stream.of(
                Packets.requests(family, tunnel, way), Packets.answers(family, way, tunnel));
    }

    private String line(Family family, String way, String what) {
        return "%s of the tunnel cannot pass by %s: %s; to open it: %s"
                .formatted(
                        family == Family.IPV4 ? "IPv4" : "IPv6",
                        way,
                        what,
                        filter.orElseThrow().remedy(tunnels.getFirst()));
    }

    private void warnAboutSwitchedOff() {
        tunnels.stream()
                .flatMap(tunnel -> HostSettings.switchedOff(Family.IPV6, tunnel).stream())
                .forEach(warnings::add);
    }

    private void warnAboutDns() {
        var queries = Packets.toHost(Family.IPV4, tunnels.getFirst(), DNS_PORT);
        filter.flatMap(read -> read.obstacle(queries))
                .ifPresent(
                        what ->
                                warnings.add(
                                        "clients cannot ask the gateway's DNS, port %d: %s"
                                                .formatted(DNS_PORT, what)));
    }
}
