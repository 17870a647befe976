package dev.gatehouse.dataplane.gateway.name;

import dev.gatehouse.dataplane.gateway.drop.DropCounters;
import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.SpecialNetworks;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Which addresses a resource's name may stand for. Whoever runs a name server of such a domain
/// could else lead clients to what the gateway's host alone should reach: metadata services of
/// clouds, its link, addresses that a translator on the way makes private ones of.
///
/// Private addresses as such are what names of resources are for. What is refused may still be had:
/// by a network or address resource of the client that holds it, or by a setting. A name without
/// any usable address is like one without addresses (tunnel.md 11.2 #5): set up, and its packets
/// are answered with "network unreachable".
public final class NameTargets {
    /// More than any real name has; a translation uses as many as a name has proxy addresses.
    public static final int ADDRESSES_MAX = 256;

    /// What nothing may lead to: the gateway itself, and what is no single host.
    private static final List<IpNetwork> NEVER =
            SpecialNetworks.parse(
                    "0.0.0.0/32",
                    "127.0.0.0/8",
                    "224.0.0.0/4",
                    "255.255.255.255/32", //
                    "::/127",
                    "ff00::/8");

    /// This network and link-local ones, reserved ones, IPv4 as no IPv6 host sends it, and the
    /// metadata services that have public or unique local addresses.
    private static final List<IpNetwork> SPECIAL =
            SpecialNetworks.parse(
                    "0.0.0.0/8",
                    "169.254.0.0/16",
                    "240.0.0.0/4",
                    "168.63.129.16/32",
                    "192.0.0.192/32",
                    "fe80::/10",
                    "fd00:ec2::254/128",
                    "::/96",
                    "::ffff:0:0/96");

    private final List<IpNetwork> allowed;

    /// @param allowed what an administrator allows names to stand for
    public NameTargets(Collection<IpNetwork> allowed) {
        this.allowed = List.copyOf(allowed);
    }

    /// Those that a client may be led to, in order; the others are counted.
    ///
    /// @param hasNetwork whether a network or address resource of the client holds an address
    public List<IpAddress> usable(
            Collection<IpAddress> resolved, Predicate<IpAddress> hasNetwork, DropCounters drops) {
        var usable = new ArrayList<IpAddress>();
        for (var address : new TreeSet<>(resolved)) {
            boolean isFine =
                    usable.size() < ADDRESSES_MAX
                            && !isNever(address)
                            && (!isSpecial(address)
                                    || SpecialNetworks.contain(allowed, address)
                                    || hasNetwork.test(address));
            if (isFine) {
                usable.add(address);
            } else {
                drops.count(DropReason.NAME_TARGET_REFUSED);
            }
        }
        return usable;
    }

    private static boolean isNever(IpAddress address) {
        return TunnelRanges.isReserved(address) || SpecialNetworks.contain(NEVER, address);
    }

    static boolean isSpecial(IpAddress address) {
        return SpecialNetworks.contain(SPECIAL, address) || !address.isV4() && leadsInside(address);
    }

    /// Whether a translator on the way makes something of it that is not public.
    private static boolean leadsInside(IpAddress address) {
        byte[] bytes = address.toBytes();
        if (SpecialNetworks.NAT64.contains(address)) {
            return isInside(v4(bytes, 12, 13, 14, 15));
        }
        if (SpecialNetworks.SIX_TO_FOUR.contains(address)) {
            return isInside(v4(bytes, 2, 3, 4, 5));
        }
        if (SpecialNetworks.TEREDO.contains(address)) {
            return isInside(IpAddress.v4(~v4(bytes, 12, 13, 14, 15).asInt()));
        }
        return SpecialNetworks.NAT64_LOCAL.contains(address) && mayLeadInside(bytes);
    }

    /// How long the translator's prefix is, only its administrator knows: RFC 6052 section 2.2.
    /// Zeroes are its own bits.
    private static boolean mayLeadInside(byte[] bytes) {
        return Stream.of(
                        v4(bytes, 6, 7, 9, 10),
                        v4(bytes, 7, 9, 10, 11),
                        v4(bytes, 9, 10, 11, 12),
                        v4(bytes, 12, 13, 14, 15))
                .anyMatch(v4 -> v4.toBytes()[0] != 0 && isInside(v4));
    }

    private static IpAddress v4(byte[] bytes, int... at) {
        return IpAddress.ofBytes(
                new byte[] {bytes[at[0]], bytes[at[1]], bytes[at[2]], bytes[at[3]]});
    }

    private static boolean isInside(IpAddress v4) {
        return SpecialNetworks.contain(NEVER, v4)
                || SpecialNetworks.contain(SPECIAL, v4)
                || SpecialNetworks.isPrivate(v4);
    }
}
