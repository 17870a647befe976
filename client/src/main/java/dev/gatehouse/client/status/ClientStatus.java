package dev.gatehouse.client.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What `client status` shows.
///
/// @param ready whether it has logged in and set addresses, DNS and routes; stays so while the
///     portal is away, since tunnels live on
/// @param dnsSharedPorts queries to the host's DNS servers that had no port of their own, in total
/// @param dnsMismatched answers of DNS servers to questions that were not asked, in total: dropped
/// @param networkRestored how often something was put back that others had changed in the
///     tunnel's part of the host's network, in total
/// @param dropped what went no further between us and the gateways, in total, by reason
///     ([dev.gatehouse.connectivity.path.DropReason] in small letters); reasons that never were
///     are left out. `dns_connections` and `dns_queries`: of programs on this host, for which
///     there was no room
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ClientStatus(
        boolean ready,
        boolean portalConnected,
        List<String> addresses,
        List<String> dnsServers,
        List<Entry> resources,
        List<Tunnel> tunnels,
        List<String> relays,
        long dnsSharedPorts,
        long dnsMismatched,
        long networkRestored,
        Map<String, Long> dropped,
        Dns dnsControl) {
    /// How applications are brought to ask us.
    ///
    /// @param fault why they are not; null: they are
    /// @param rewrites how often other programs had changed it
    /// @param failures how often the host refused it
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Dns(String method, String fault, long rewrites, long failures) {
        String toText() {
            var text = fault == null ? method : "%s, not in force: %s".formatted(method, fault);
            return rewrites == 0
                    ? text
                    : "%s, changed by other programs: %d".formatted(text, rewrites);
        }
    }

    /// A resource.
    ///
    /// @param gateway null while none serves it
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Entry(
            String id, String name, String type, String address, String status, String gateway) {}

    /// A tunnel to a gateway.
    ///
    /// @param path host, srflx or relay; null while it is being built
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Tunnel(String gateway, String path, String local, String remote) {}

    /// What it waits for, or that it waits for nothing.
    String readiness() {
        if (ready) {
            return "ready";
        }
        if (addresses.isEmpty()) {
            return portalConnected
                    ? "not ready: logged in, and the interface is not configured yet"
                    : "not ready: not logged in to the portal yet";
        }
        return dnsControl.fault == null
                ? "not ready: DNS is not set yet"
                : "not ready: DNS is not set: " + dnsControl.fault;
    }

    /// For people.
    String toText() {
        var text = new StringBuilder();
        text.append("portal     ").append(portalConnected ? "connected" : "away").append('\n');
        text.append("addresses  ").append(String.join(" ", addresses)).append('\n');
        text.append("dns        ").append(String.join(" ", dnsServers)).append('\n');
        if (dnsSharedPorts > 0) {
            text.append(
                    "           queries without a port of their own: %d%n"
                            .formatted(dnsSharedPorts));
        }
        text.append("           ").append(dnsControl.toText()).append('\n');
        if (dnsMismatched > 0) {
            text.append(
                    "           answers to other questions, dropped: %d%n"
                            .formatted(dnsMismatched));
        }
        if (networkRestored > 0) {
            text.append(
                    "network    put back after others had changed it: %d%n"
                            .formatted(networkRestored));
        }
        if (!dropped.isEmpty()) {
            text.append("dropped    ");
            text.append(
                    dropped.entrySet().stream()
                            .map(e -> e.getKey() + " " + e.getValue())
                            .collect(Collectors.joining(", ")));
            text.append('\n');
        }
        text.append("relays     ").append(relays.size()).append('\n');
        for (var r : resources) {
            text.append(
                    "resource   %-8s %-24s %-28s %s%n"
                            .formatted(
                                    r.status,
                                    r.name,
                                    r.address,
                                    r.gateway == null ? "-" : r.gateway));
        }
        for (var t : tunnels) {
            text.append(
                    "tunnel     %s %s%n"
                            .formatted(
                                    t.gateway,
                                    t.path == null
                                            ? "connecting"
                                            : t.path + " " + t.local + " -> " + t.remote));
        }
        return text.toString();
    }
}
