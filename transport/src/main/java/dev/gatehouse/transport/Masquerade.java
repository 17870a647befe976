package dev.gatehouse.transport;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.List;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Rewrites the source of what leaves the tunnel for another interface to that interface's address.
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
    private static final int RULES = 2;

    /// Stand-ins count down from the ends of the ranges that a portal gives addresses of.
    private static final int STAND_IN_V4_LAST = 0x645F_FFFE; // 100.95.255.254

    private static final long STAND_IN_V6_HIGH = 0xFD00_2021_1111_0000L;
    private static final long STAND_IN_V6_LAST = 0x0000_0000_001F_FFFEL;

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
    ///
    /// @param ownHost tunnel addresses of clients on this host, in order
    public void install(List<IpAddress> ownHost) throws IOException {
        nft.apply(rules());
        installed = true;
        if (!ownHost.isEmpty()) {
            nft.apply(standIns(ownHost));
            hasStandIns = true;
        } else if (hasStandIns) {
            removeStandIns(nft, table);
            hasStandIns = false;
        }
    }

    /// How many rules our tables have together when they are as [#install] made them.
    public int ruleCount(List<IpAddress> ownHost) {
        return RULES + 2 * ownHost.size() * tunNames.size();
    }

    private String rules() {
        return """
        table inet %1$s
        delete table inet %1$s
        table inet %1$s {
            chain postrouting {
                type nat hook postrouting priority 100; policy accept;
                ip saddr 100.64.0.0/11 oifname != %2$s masquerade
                ip6 saddr fd00:2021:1111::/107 oifname != %2$s masquerade
            }
        }
        """
                .formatted(table, interfaces());
    }

    private String interfaces() {
        var quoted = tunNames.stream().map(name -> '"' + name + '"').toList();
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
