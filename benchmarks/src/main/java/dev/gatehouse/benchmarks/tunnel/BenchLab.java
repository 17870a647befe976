package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Host;
import dev.gatehouse.demo.Lab;
import dev.gatehouse.demo.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Client, gateway and resource in a row, portal and relay beside: cables of MTU 1500. The peers'
/// tunnels and ours have machines of their own in the same places, so that no rule, route or
/// tracked connection of one system is in the way of another.
///
/// ```
///       client .10 ---+              +--- .20 gateway   .1 ---+
/// directClient .11 ---+--- internet -+--- .21 ours      .2 ---+--- resource 10.77.0.10, fd77::10
/// relayedClient .12 --+ 10.99.0.0/24 |
///        portal .2 ---+              +--- relay .3
/// ```
final class BenchLab {
    static final String CLIENT = "10.99.0.10";
    static final String DIRECT_CLIENT = "10.99.0.11";
    static final String GATEWAY = "10.99.0.20";
    static final String GATEHOUSE_GATEWAY = "10.99.0.21";
    static final String GATEHOUSE_GATEWAY_V6 = "fd99::21";
    static final String RELAYED_CLIENT = "10.99.0.12";
    static final String RELAYED_CLIENT_V6 = "fd99::12";
    static final String PORTAL = "10.99.0.2";
    static final String RELAY = "10.99.0.3";
    static final String RESOURCE_V4 = "10.77.0.10";
    static final String RESOURCE_V6 = "fd77::10";

    final Host portal;
    final Host relay;
    final Host client;
    final Host gateway;
    final Host directClient;
    final Host relayedClient;
    final Host gatehouseGateway;
    final Host resource;

    BenchLab() {
        Lab.bridge("internet");
        Lab.bridge("resources");
        var folder = Enclosure.folder();
        portal = Lab.internetHost(folder, "portal", 2);
        relay = Lab.internetHost(folder, "relay-1", 3);
        client = Lab.internetHost(folder, "client", 10);
        gateway = Lab.internetHost(folder, "gateway-1", 20);
        directClient = Lab.internetHost(folder, "client-d", 11);
        relayedClient = Lab.internetHost(folder, "client-r", 12);
        gatehouseGateway = Lab.internetHost(folder, "gateway-2", 21);
        resource = Lab.resourceHost(folder, "web", 10);
        forward(gateway, 1);
        forward(gatehouseGateway, 2);
        resource.run("ip", "route", "add", "default", "via", "10.77.0.1");
        resource.run("ip", "route", "add", "default", "via", "fd77::1");
    }

    private static void forward(Host gateway, int number) {
        Lab.joinResources(gateway, number);
        gateway.sysctl("net.ipv4.ip_forward", "1");
        gateway.sysctl("net.ipv6.conf.all.forwarding", "1");
    }

    /// Delays by `ms` what both ends of a tunnel send; 0 ends it. False if the kernel cannot.
    static boolean delay(List<Host> ends, int ms) {
        boolean done = true;
        for (Host host : ends) {
            host.attempt("tc", "qdisc", "del", "dev", "eth0", "root");
            if (ms > 0) {
                var command =
                        "tc qdisc add dev eth0 root netem limit 100000 delay %dms".formatted(ms);
                done &= attempt(host, List.of(command.split(" "))).isOk();
            }
        }
        return done;
    }

    /// Loses `percent` of what arrives at both ends of a tunnel; 0 ends it.
    static void lose(List<Host> ends, int percent) {
        for (Host host : ends) {
            host.nft("table inet loss\ndelete table inet loss\n");
            if (percent > 0) {
                host.nft(
                        """
                        table inet loss {
                            chain in {
                                type filter hook prerouting priority raw
                                iifname "eth0" numgen random mod 100 < %d drop
                            }
                        }
                        """
                                .formatted(percent));
            }
        }
    }

    /// Runs a program that needs no files of its own, whatever its end: without the mounts that
    /// [Host#attempt] makes.
    static Shell.Result attempt(Host host, List<String> command) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", host.name()));
        all.addAll(command);
        return Shell.attempt(all, "");
    }

    static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
