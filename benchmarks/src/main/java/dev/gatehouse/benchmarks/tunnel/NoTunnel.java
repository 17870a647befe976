package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.demo.Host;
import java.util.List;

/// The same cables without any tunnel: what the machine can do. Segments of 1,240 bytes as inside.
final class NoTunnel implements Tunnel {
    private final Host client;
    private final Host gateway;

    NoTunnel(BenchLab lab) {
        client = lab.client;
        gateway = lab.gateway;
        client.run("ip", "route", "add", "10.77.0.0/24", "via", BenchLab.GATEWAY, "mtu", "1280");
        client.run("ip", "route", "add", "fd77::/64", "via", "fd99::20", "mtu", "1280");
    }

    @Override
    public String name() {
        return "none";
    }

    @Override
    public Host client() {
        return client;
    }

    @Override
    public Host gateway() {
        return gateway;
    }

    @Override
    public List<Long> processIds() {
        return List.of();
    }

    @Override
    public void close() {
        client.run("ip", "route", "del", "10.77.0.0/24");
        client.run("ip", "route", "del", "fd77::/64");
    }
}
