package dev.gatehouse.systemtests.site;

import static dev.gatehouse.systemtests.site.SmallSite.PORTAL;
import static dev.gatehouse.systemtests.site.SmallSite.peer;

import dev.gatehouse.systemtests.site.Program.Spec;
import java.util.List;

/// A gateway and two clients behind routers that translate IPv4 and forward IPv6; the sandbox
/// itself is where portal and relay are. `client4` has UDP over IPv4 alone, `client6` over IPv6.
///
/// ```
///  client4 10.98.4.2, client6 fd98:6::2
///     |
///  here .10 --- bridge 10.99.0.0/24, fd99::/64 --- there .20 --- gateway 10.97.0.2, fd97::2
///                  .2 portal, relay                                 |
///                                                    resource 10.77.0.10, fd77::10
/// ```
public final class PathSite {
    /// How a router chooses the port of what it translates.
    public enum Ports {
        /// Peers reach each other directly.
        KEPT("masquerade"),
        /// Peers need a relay, and a flush of the router's table changes every port.
        RANDOM("masquerade fully-random");

        private final String statement;

        Ports(String statement) {
            this.statement = statement;
        }
    }

    public static final List<String> CLIENTS = List.of("client4", "client6");

    private static final String NETWORK =
            """
            ip link add net type bridge
            ip link set net up
            ip addr add 10.99.0.2/24 dev net
            ip addr add fd99::2/64 dev net nodad
            ip route add fd98::/16 via fd99::10
            ip route add fd97::/16 via fd99::20
            for host in client4 client6 here there gateway resource; do
                ip netns add $host
                ip -n $host link set lo up
                ip netns exec $host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
            done
            uplink() { # router number
                ip link add $1-w type veth peer name wan netns $1
                ip link set $1-w master net up
                ip -n $1 link set wan up
                ip -n $1 addr add 10.99.0.$2/24 dev wan
                ip -n $1 addr add fd99::$2/64 dev wan nodad
            }
            uplink here 10
            uplink there 20
            ip -n here route add fd97::/16 via fd99::20
            ip -n there route add fd98::/16 via fd99::10
            lan() { # router host prefix4 prefix6
                ip -n $1 link add $2 type veth peer name eth0 netns $2
                ip -n $1 link set $2 up
                ip -n $2 link set eth0 up
                ip -n $1 addr add $3.1/24 dev $2
                ip -n $1 addr add $4::1/64 dev $2 nodad
                ip -n $2 addr add $3.2/24 dev eth0
                ip -n $2 addr add $4::2/64 dev eth0 nodad
                ip -n $2 route add default via $3.1
                ip -n $2 route add default via $4::1
            }
            lan here client4 10.98.4 fd98:4
            lan here client6 10.98.6 fd98:6
            lan there gateway 10.97.0 fd97
            ip -n gateway link add lan type veth peer name eth0 netns resource
            ip -n gateway link set lan up
            ip -n resource link set eth0 up
            ip -n gateway addr add 10.77.0.1/24 dev lan
            ip -n gateway addr add fd77::1/64 dev lan nodad
            ip -n resource addr add 10.77.0.10/24 dev eth0
            ip -n resource addr add fd77::10/64 dev eth0 nodad
            ip -n resource route add default via 10.77.0.1
            ip -n resource route add default via fd77::1
            """;

    /// What comes unasked is dropped: a reject would confirm a mapping.
    private static final String RULES =
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
                    iifname "wan" meta nfproto ipv4 ct state new drop
                }
                chain forward {
                    type filter hook forward priority filter
                    iifname "wan" meta nfproto ipv4 ct state new drop
                    iifname "client4" meta nfproto ipv6 udp dport != 0 drop
                    iifname "client6" meta nfproto ipv4 udp dport != 0 drop
                    %s
                }
                chain output {
                    type filter hook output priority filter
                    %s
                }
            }
            """;

    private static final String NO_DIRECT_V6 = "ip6 saddr fd98::/16 ip6 daddr fd97::/16 drop";
    private static final String NO_ICMP_ERRORS = "icmp type destination-unreachable drop";

    private static final String PEERS = "10.99.0.0/24,fd97::/16,fd98::/16,fd99::/16";

    private final Sandbox sandbox;

    private PathSite(Sandbox sandbox) {
        this.sandbox = sandbox;
    }

    public static PathSite build(Sandbox sandbox) throws Exception {
        Sandbox.require("nft", "nftables");
        Sandbox.require("conntrack", "conntrack");
        sandbox.file("portal.yaml", SmallSite.PORTAL_FILE);
        sandbox.file("build.sh", NETWORK);
        sandbox.exec("sh", "-e", sandbox.folder().resolve("build.sh").toString());
        return new PathSite(sandbox);
    }

    /// Sets the rules of both routers and makes them forget what they translated. Routers send no
    /// ICMP errors over IPv4; over IPv6 they do.
    public void rules(Ports ports, boolean directV6) throws Exception {
        var text = RULES.formatted(ports.statement, directV6 ? "" : NO_DIRECT_V6, NO_ICMP_ERRORS);
        var file = sandbox.file("rules.nft", text).toString();
        for (var router : List.of("here", "there")) {
            exec(router, "nft", "-f", file);
            forget(router);
        }
    }

    /// The router forgets all that it translated, as after a restart.
    public void forget(String router) throws Exception {
        exec(router, "conntrack", "-F");
    }

    /// Both routers forget at the same moment.
    public void forgetAll() throws Exception {
        var each = "for router in here there; do ip netns exec $router conntrack -F & done; wait";
        sandbox.exec("sh", "-c", each);
    }

    /// Sets the MTU of the link between a client and its router, at both ends.
    public void mtu(String client, int bytes) throws Exception {
        var mtu = Integer.toString(bytes);
        exec("here", "ip", "link", "set", client, "mtu", mtu);
        exec(client, "ip", "link", "set", "eth0", "mtu", mtu);
    }

    public void exec(String host, String... command) throws Exception {
        var all = new java.util.ArrayList<>(List.of("ip", "netns", "exec", host));
        all.addAll(List.of(command));
        sandbox.exec(all.toArray(String[]::new));
    }

    public Program startRelay() throws Exception {
        return sandbox.start(
                        peer("relay")
                                .with("PUBLIC_IP4_ADDR", PORTAL)
                                .with("PUBLIC_IP6_ADDR", "fd99::2")
                                .with("GATEHOUSE_RELAY_ALLOW_PEER", PEERS))
                .awaitText("the portal knows this relay");
    }

    public Program startGateway() throws Exception {
        return sandbox.start(SmallSite.in("gateway", peer("gateway")))
                .awaitText("joined the portal");
    }

    /// Does not wait: clients may start side by side.
    public Program startClient(String host) throws Exception {
        var own = "mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /var/lib; exec \"$@\"";
        var spec = peer("client").with("FIREZONE_ID", host);
        return sandbox.start(
                SmallSite.in(host, spec.after("unshare", "-m", "sh", "-c", own, "client")));
    }

    /// Waits until packets pass to the resource's IPv4 address and back.
    public void awaitPath(String client) throws Exception {
        sandbox.until("a path of " + client, () -> ping(client) == 0);
    }

    private int ping(String client) throws Exception {
        var ping = Spec.of("ping", "-c1", "-W1", "10.77.0.10");
        return sandbox.start(SmallSite.in(client, ping)).await();
    }
}
