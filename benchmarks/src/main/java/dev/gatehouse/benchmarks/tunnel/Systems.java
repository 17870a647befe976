package dev.gatehouse.benchmarks.tunnel;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// The systems to compare. Ours runs all the time, as it does in earnest; the others are made anew
/// for each round.
final class Systems implements AutoCloseable {
    private static final int WARM_UP_SECONDS = 2;

    private final Map<String, Supplier<Tunnel>> makers = new LinkedHashMap<>();
    private final Optional<GatehouseSystem> ours;

    /// @param only names of the systems wanted; empty for all
    Systems(BenchLab lab, Set<String> only) {
        makers.put("none", () -> new NoTunnel(lab));
        makers.put("openvpn", () -> new OpenVpn(lab));
        makers.put(
                "wireguard-go",
                () -> new WireGuardGo(lab, "wireguard-go", "/usr/bin/wireguard-go"));
        var newest = System.getenv("WIREGUARD_GO");
        if (newest != null) {
            makers.put("newest", () -> new WireGuardGo(lab, "newest", newest));
        }
        makers.put("gatehouse", () -> ours().direct());
        makers.put("relayed", () -> ours().relayed());
        if (!only.isEmpty()) {
            makers.keySet().retainAll(only);
        }
        boolean wanted = makers.containsKey("gatehouse") || makers.containsKey("relayed");
        ours = wanted ? Optional.of(new GatehouseSystem(lab)) : Optional.empty();
    }

    /// Ours starts once and stays: the compiler is done with the packet path before the clock runs,
    /// as on every day but the first.
    void warmUp() {
        for (var name : names()) {
            if (name.equals("gatehouse") || name.equals("relayed")) {
                Iperf.warmUp(open(name).client(), BenchLab.RESOURCE_V4, WARM_UP_SECONDS);
            }
        }
    }

    private GatehouseSystem ours() {
        return ours.orElseThrow();
    }

    Set<String> names() {
        return makers.keySet();
    }

    Tunnel open(String name) {
        return makers.get(name).get();
    }

    @Override
    public void close() {
        ours.ifPresent(GatehouseSystem::close);
    }
}
