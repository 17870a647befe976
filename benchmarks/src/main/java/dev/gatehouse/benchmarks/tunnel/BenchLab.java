package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Host;
import dev.gatehouse.demo.Lab;
import dev.gatehouse.demo.Shell;

/// Client, gateway and resource in a row, portal and relay beside: two cables, MTU 1500.
///
/// ```
/// client 10.99.0.10 ---+--- internet ---+--- 10.99.0.20 gateway 10.77.0.1 --- 10.77.0.10 resource
///                portal .2   relay .3 ---+
/// ```
final class BenchLab {
    static final String CLIENT = "10.99.0.10";
    static final String GATEWAY = "10.99.0.20";
    static final String RESOURCE_V4 = "10.77.0.10";
    static final String RESOURCE_V6 = "fd77::10";

    final Host portal;
    final Host relay;
    final Host client;
    final Host gateway;
    final Host resource;

    BenchLab() {
        Lab.bridge("internet");
        Lab.bridge("resources");
        var folder = Enclosure.folder();
        portal = Lab.internetHost(folder, "portal", 2);
        relay = Lab.internetHost(folder, "relay-1", 3);
        client = Lab.internetHost(folder, "client", 10);
        gateway = Lab.internetHost(folder, "gateway-1", 20);
        resource = Lab.resourceHost(folder, "web", 10);
        Lab.joinResources(gateway, 1);
        gateway.sysctl("net.ipv4.ip_forward", "1");
        gateway.sysctl("net.ipv6.conf.all.forwarding", "1");
        resource.run("ip", "route", "add", "default", "via", "10.77.0.1");
        resource.run("ip", "route", "add", "default", "via", "fd77::1");
    }

    /// Round-trip time of the path between client and gateway, and loss each way.
    void impair(String... netem) {
        for (Host host : new Host[] {client, gateway}) {
            host.attempt("tc", "qdisc", "del", "dev", "eth0", "root");
            if (netem.length > 0) {
                var command =
                        new java.util.ArrayList<>(
                                java.util.List.of(
                                        "tc", "qdisc", "add", "dev", "eth0", "root", "netem",
                                        "limit", "100000"));
                command.addAll(java.util.List.of(netem));
                host.run(command.toArray(String[]::new));
            }
        }
    }

    static String version(String... command) {
        return Shell.attempt(java.util.List.of(command), "").out().lines().findFirst().orElse("");
    }
}
