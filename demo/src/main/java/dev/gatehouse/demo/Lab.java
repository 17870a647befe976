package dev.gatehouse.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A small internet of network namespaces.
///
/// ```
/// portal .2   relay-1 .3   relay-2 .4                 web 10.77.0.10   dns 10.77.0.53
///     |            |            |                          |               |
///  ---+-----+------+--+---------+--+-- internet         ---+----+-----+----+-- resources
///           |         |            |   10.99.0.0/24             |     |        10.77.0.0/24
///       nat-c .10  nat-1 .20   nat-2 .30                        |     |
///           |         |            |                            |     |
///        client   gateway-1    gateway-2                  gateway-1   gateway-2
/// ```
///
/// Runs inside fresh network, mount and process namespaces ([Enclosure]); ends with them.
public final class Lab {
    /// How a router translates.
    public enum NatKind {
        PORT_PRESERVING("masquerade"),
        SYMMETRIC("masquerade fully-random");

        private final String statement;

        NatKind(String statement) {
            this.statement = statement;
        }
    }

    public static final String PORTAL = "10.99.0.2";
    public static final String WEB_V4 = "10.77.0.10";
    public static final String WEB_V6 = "fd77::10";
    public static final String DNS = "10.77.0.53";

    /// Names of all machines.
    static final List<String> MACHINES =
            List.of(
                    "portal",
                    "relay-1",
                    "relay-2",
                    "client",
                    "nat-c",
                    "gateway-1",
                    "nat-1",
                    "gateway-2",
                    "nat-2",
                    "web",
                    "dns");

    private final Path folder;
    private final Host portal;
    private final Host relay1;
    private final Host relay2;
    private final Host client;
    private final Host gateway1;
    private final Host gateway2;
    private final Host web;
    private final Host dns;
    private final List<Host> routers;

    private Lab(Path folder) {
        this.folder = folder;
        bridge("internet");
        bridge("resources");
        portal = internetHost(folder, "portal", 2);
        relay1 = internetHost(folder, "relay-1", 3);
        relay2 = internetHost(folder, "relay-2", 4);
        client = Host.create("client", folder);
        gateway1 = Host.create("gateway-1", folder);
        gateway2 = Host.create("gateway-2", folder);
        routers =
                List.of(
                        router("nat-c", 10, client, 1),
                        router("nat-1", 20, gateway1, 21),
                        router("nat-2", 30, gateway2, 22));
        web = resourceHost(folder, "web", 10);
        dns = resourceHost(folder, "dns", 53);
        joinResources(gateway1, 1);
        joinResources(gateway2, 2);
        for (Host gateway : List.of(gateway1, gateway2)) {
            gateway.sysctl("net.ipv4.ip_forward", "1");
            gateway.sysctl("net.ipv6.conf.all.forwarding", "1");
            gateway.resolver("nameserver " + DNS, "options timeout:1 attempts:2");
        }
        nat(NatKind.PORT_PRESERVING);
    }

    /// Builds the lab below `folder`.
    public static Lab create(Path folder) {
        return new Lab(folder);
    }

    /// A bridge of the lab: a segment that hosts plug into.
    public static void bridge(String name) {
        Shell.run("ip", "link", "add", name, "type", "bridge");
        Shell.run("ip", "link", "set", name, "up");
    }

    /// A host on the internet, 10.99.0.`number` and fd99::`number`.
    public static Host internetHost(Path folder, String name, int number) {
        var host = Host.create(name, folder);
        plug(host, "eth0", "internet");
        address(host, "eth0", "10.99.0." + number + "/24", "fd99::" + number + "/64");
        return host;
    }

    /// A host on the private network, 10.77.0.`number` and fd77::`number`.
    public static Host resourceHost(Path folder, String name, int number) {
        var host = Host.create(name, folder);
        joinResources(host, number);
        return host;
    }

    /// Plugs a host into the private network as well.
    public static void joinResources(Host host, int number) {
        plug(host, "res0", "resources");
        address(host, "res0", "10.77.0." + number + "/24", "fd77::" + number + "/64");
    }

    private Host router(String name, int number, Host behind, int network) {
        var router = Host.create(name, folder);
        plug(router, "wan", "internet");
        address(router, "wan", "10.99.0." + number + "/24", "fd99::" + number + "/64");
        Shell.run(
                "ip",
                "link",
                "add",
                "eth0",
                "netns",
                behind.name(),
                "type",
                "veth",
                "peer",
                "name",
                "lan",
                "netns",
                name);
        address(router, "lan", "192.168." + network + ".1/24");
        address(behind, "eth0", "192.168." + network + ".2/24");
        behind.run("ip", "route", "add", "default", "via", "192.168." + network + ".1");
        router.sysctl("net.ipv4.ip_forward", "1");
        return router;
    }

    private static void plug(Host host, String device, String bridge) {
        var peer = bridge.substring(0, 3) + "-" + host.name();
        Shell.run(
                "ip",
                "link",
                "add",
                device,
                "netns",
                host.name(),
                "type",
                "veth",
                "peer",
                "name",
                peer);
        Shell.run("ip", "link", "set", peer, "master", bridge, "up");
    }

    private static void address(Host host, String device, String... addresses) {
        for (String address : addresses) {
            if (address.indexOf(':') < 0) {
                host.run("ip", "addr", "add", address, "dev", device);
            } else {
                host.run("ip", "addr", "add", address, "dev", device, "nodad");
            }
        }
        host.run("ip", "link", "set", device, "up");
    }

    /// Makes all routers translate in one way, and forget what they translated so far. What comes
    /// unasked is dropped, never rejected: a reject would confirm a mapping, and the next packet
    /// from inside would get another port.
    public void nat(NatKind kind) {
        for (Host router : routers) {
            router.nft(
                    """
                    flush ruleset
                    table ip nat {
                        chain postrouting {
                            type nat hook postrouting priority srcnat
                            oifname "wan" %s
                        }
                    }
                    table inet filter {
                        chain input {
                            type filter hook input priority filter
                            iifname "wan" ct state new drop
                        }
                        chain forward {
                            type filter hook forward priority filter
                            iifname "wan" ct state new drop
                        }
                    }
                    """
                            .formatted(kind.statement));
            router.run("conntrack", "-F");
        }
    }

    /// A file of the lab, for settings and logs.
    public Path write(String name, String content) {
        var file = folder.resolve(name);
        try {
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    public Path folder() {
        return folder;
    }

    public Host portal() {
        return portal;
    }

    public List<Host> relays() {
        return List.of(relay1, relay2);
    }

    public Host client() {
        return client;
    }

    public List<Host> gateways() {
        return List.of(gateway1, gateway2);
    }

    public Host web() {
        return web;
    }

    public Host dns() {
        return dns;
    }
}
