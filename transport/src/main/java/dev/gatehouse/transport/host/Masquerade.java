package dev.gatehouse.transport.host;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Rewrites the source of what leaves the tunnel for another interface to that interface's address,
/// and drops what comes by another interface with a tunnel's address as its source, or to the
/// gateway's own tunnel addresses: a stranger on a link of the host's could pass for the gateway or
/// for a client, and for the host once masqueraded.
///
/// A table of our own in nftables (for clients on the host two), put in place as a whole and
/// removed at the end; rules of others are never changed. An accept in our table could not overrule
/// a drop in another, so there is none.
///
/// A client on the gateway's own host gets a stand-in address in there: its tunnel address is one
/// of the host's, so the kernel would take its packets, which come out of the tunnel, for forged
/// ones, and answers to it for its own.
public final class Masquerade implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Masquerade.class);
    private static final String LOOPBACK = "lo";
    private static final int RULES = 4;
    private static final int RULES_OF_ADDRESS = 2;

    /// Stand-ins count down from the ends of the ranges that a portal gives addresses of.
    private static final int STAND_IN_V4_LAST = 0x645F_FFFE; // 100.95.255.254

    private static final long STAND_IN_V6_HIGH = 0xFD00_2021_1111_0000L;
    private static final long STAND_IN_V6_LAST = 0x0000_0000_001F_FFFEL;

    /// What of the host the rules depend on.
    ///
    /// @param own tunnel addresses of this gateway
    /// @param tunnels names of all interfaces with an address of a tunnel, others' included: a
    ///     client on this host, another gateway
    /// @param clients tunnel addresses of clients on this host, in order
    public record Host(List<IpAddress> own, Set<String> tunnels, List<IpAddress> clients) {
        /// Nobody else has a tunnel.
        public static final Host ALONE = new Host(List.of(), Set.of(), List.of());

        public Host {
            own = List.copyOf(own);
            tunnels = Set.copyOf(tunnels);
            clients = List.copyOf(clients);
        }
    }

    private final Nft nft;
    private final String table;
    private final List<String> tunNames;
    private boolean installed;
    private boolean hasStandIns;

    /// @param table name of our table; two tunnels of one host need two
    /// @param tunNames the tunnel's interfaces, at least one: what goes from one to another is left
    ///     alone
    public Masquerade(Nft nft, String table, List<String> tunNames) {
        this.nft = nft;
        this.table = table;
        this.tunNames = List.copyOf(tunNames);
    }

    public String table() {
        return table;
    }

    /// Puts the table in place, replacing one that is there.
    public void install(Host host) throws IOException {
        nft.apply(rules(host));
        installed = true;
        if (!host.clients.isEmpty()) {
            nft.apply(standIns(host.clients));
            hasStandIns = true;
        } else if (hasStandIns) {
            removeStandIns(nft, table);
            hasStandIns = false;
        }
    }

    /// How many rules our tables have together when they are as [#install] made them.
    public int ruleCount(Host host) {
        return RULES
                + RULES_OF_ADDRESS * host.own.size()
                + 2 * host.clients.size() * tunNames.size();
    }

    private String rules(Host host) {
        var tunnels = new TreeSet<>(host.tunnels);
        tunnels.addAll(tunNames);
        var local = new TreeSet<>(tunnels);
        local.add(LOOPBACK);
        return """
        table inet %1$s
        delete table inet %1$s
        table inet %1$s {
            chain postrouting {
                type nat hook postrouting priority 100; policy accept;
                ip saddr 100.64.0.0/11 oifname != %2$s masquerade
                ip6 saddr fd00:2021:1111::/107 oifname != %2$s masquerade
            }
            chain forward {
                type filter hook forward priority -10; policy accept;
                iifname != %3$s ip saddr 100.64.0.0/11 counter drop
                iifname != %3$s ip6 saddr fd00:2021:1111::/107 counter drop
            }
            chain input {
                type filter hook input priority -10; policy accept;
                %4$s
            }
        }
        """
                .formatted(
                        table,
                        interfaces(tunNames),
                        interfaces(tunnels),
                        ownRules(host.own, interfaces(local)));
    }

    private static String ownRules(List<IpAddress> own, String tunnels) {
        var rules = new StringBuilder();
        for (var address : own) {
            var ip = address.isV4() ? "ip" : "ip6";
            for (var field : List.of("saddr", "daddr")) {
                rules.append(
                        "iifname != %s %s %s %s counter drop%n"
                                .formatted(tunnels, ip, field, address));
            }
        }
        return rules.toString();
    }

    private static String interfaces(Collection<String> names) {
        var quoted = names.stream().map(name -> '"' + name + '"').toList();
        return quoted.size() == 1 ? quoted.getFirst() : "{ " + String.join(", ", quoted) + " }";
    }

    private String standIns(List<IpAddress> ownHost) {
        var in = new StringBuilder();
        var out = new StringBuilder();
        standInOf(ownHost)
                .forEach(
                        (address, standIn) -> {
                            var ip = address.isV4() ? "ip" : "ip6";
                            in.append(rewrite(ip, "saddr", address, standIn));
                            out.append(rewrite(ip, "daddr", standIn, address));
                        });
        var chains = new StringBuilder();
        for (int i = 0; i < tunNames.size(); i++) {
            chains.append(chain("in_" + i, "ingress", tunNames.get(i), in));
            chains.append(chain("out_" + i, "egress", tunNames.get(i), out));
        }
        return "table netdev %1$s%ndelete table netdev %1$s%ntable netdev %1$s {%n%2$s}%n"
                .formatted(table, chains);
    }

    private static String rewrite(String ip, String field, IpAddress from, IpAddress to) {
        return "%1$s %2$s %3$s %1$s %2$s set %4$s%n".formatted(ip, field, from, to);
    }

    private static String chain(String name, String hook, String device, CharSequence rules) {
        return "chain %s { type filter hook %s device \"%s\" priority 0; policy accept;%n%s}%n"
                .formatted(name, hook, device, rules);
    }

    private static TreeMap<IpAddress, IpAddress> standInOf(List<IpAddress> ownHost) {
        var standIns = new TreeMap<IpAddress, IpAddress>();
        for (int i = 0; i < ownHost.size(); i++) {
            standIns.put(
                    ownHost.get(i),
                    ownHost.get(i).isV4()
                            ? IpAddress.v4(STAND_IN_V4_LAST - i)
                            : IpAddress.v6(STAND_IN_V6_HIGH, STAND_IN_V6_LAST - i));
        }
        return standIns;
    }

    @Override
    public void close() {
        if (!installed) {
            return;
        }
        installed = false;
        try {
            remove(nft, table);
        } catch (IOException e) {
            LOG.warn("cannot remove the masquerade rules: {}", e.getMessage());
        }
    }

    /// Removes the tables, whichever life of a gateway left them; nothing happens if there are
    /// none.
    public static void remove(Nft nft, String table) throws IOException {
        nft.apply("table inet %1$s%ndelete table inet %1$s%n".formatted(table));
        removeStandIns(nft, table);
    }

    private static void removeStandIns(Nft nft, String table) {
        try {
            nft.apply("table netdev %1$s%ndelete table netdev %1$s%n".formatted(table));
        } catch (IOException e) {
            LOG.debug("no netdev table: {}", e.getMessage()); // a kernel without that family
        }
    }
}
