package dev.gatehouse.client.loop;

import dev.gatehouse.client.dns.HostDns;
import dev.gatehouse.client.host.HostNetwork;
import dev.gatehouse.client.resolver.DnsControl;
import dev.gatehouse.client.state.ClientState;
import dev.gatehouse.client.status.ClientStatus;
import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.path.DropReason;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Gathers what `client status` shows. Of the loop.
final class StatusReport {
    private final ClientState state;
    private final HostDns hostDns;
    private final HostNetwork network;
    private final DnsControl control;

    StatusReport(ClientState state, HostDns hostDns, HostNetwork network, DnsControl control) {
        this.state = state;
        this.hostDns = hostDns;
        this.network = network;
        this.control = control;
    }

    /// As things stand at this moment.
    ClientStatus make(Node node, ClientAgent.Links links) {
        var config = state.tunConfig();
        var entries =
                state.resources().stream()
                        .map(
                                r ->
                                        new ClientStatus.Entry(
                                                r.id(),
                                                r.name(),
                                                r.kind(),
                                                r.address(),
                                                r.status().name().toLowerCase(Locale.ROOT),
                                                r.gatewayId().orElse(null)))
                        .toList();
        return new ClientStatus(
                network.isConfigured(),
                links.portal().isConnected(),
                config.map(c -> List.of(c.ipv4().toString(), c.ipv6().toString()))
                        .orElse(List.of()),
                config.map(c -> c.sentinels().stream().map(Object::toString).toList())
                        .orElse(List.of()),
                entries,
                node.peerIds().stream().map(gateway -> tunnel(node, gateway)).toList(),
                node.readyRelayIds(),
                hostDns.sharedPorts(),
                hostDns.mismatched() + links.tcpDns().mismatched() + state.mismatchedAnswers(),
                network.restored(),
                dropped(node, links),
                dns());
    }

    private Map<String, Long> dropped(Node node, ClientAgent.Links links) {
        var dropped = new TreeMap<String, Long>();
        for (var reason : DropReason.values()) {
            long count = node.drops().get(reason);
            if (count > 0) {
                dropped.put(reason.name().toLowerCase(Locale.ROOT), count);
            }
        }
        if (links.refusedCommands().getAsLong() > 0) {
            dropped.put("commands", links.refusedCommands().getAsLong());
        }
        if (state.refusedQueries() > 0) {
            dropped.put("dns_queries", state.refusedQueries());
        }
        if (links.tcpDns().refused() > 0) {
            dropped.put("dns_connections", links.tcpDns().refused());
        }
        if (state.controlExcess() > 0) {
            dropped.put("control_excess", state.controlExcess());
        }
        return dropped;
    }

    private ClientStatus.Dns dns() {
        var report = network.dnsReport();
        return new ClientStatus.Dns(
                control.text(), report.fault().orElse(null), report.rewrites(), report.failures());
    }

    private static ClientStatus.Tunnel tunnel(Node node, String gateway) {
        return node.path(gateway)
                .map(
                        path ->
                                new ClientStatus.Tunnel(
                                        gateway,
                                        path.kind(),
                                        path.local().toString(),
                                        path.remote().toString()))
                .orElseGet(() -> new ClientStatus.Tunnel(gateway, null, null, null));
    }
}
