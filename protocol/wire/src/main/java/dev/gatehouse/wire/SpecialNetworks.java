package dev.gatehouse.wire;

import java.util.List;
import java.util.stream.Stream;

/// Networks of RFC 6890's registries that several places have to tell from others. What they are
/// stands here; which of them, and which more, may be reached is decided by who judges addresses:
/// a relay, a gateway and a listener each have another answer.
public final class SpecialNetworks {
    private static final List<IpNetwork> PRIVATE =
            parse("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7");

    /// IPv6 with an IPv4 address in its last 32 bits: RFC 4291 section 2.5.5.1.
    public static final IpNetwork V4_COMPATIBLE = IpNetwork.parse("::/96");

    /// The same, as a socket for both families shows IPv4: RFC 4291 section 2.5.5.2.
    public static final IpNetwork V4_MAPPED = IpNetwork.parse("::ffff:0:0/96");

    /// The same, for a translator on the way: RFC 6052.
    public static final IpNetwork NAT64 = IpNetwork.parse("64:ff9b::/96");

    /// For a translator of one's own, RFC 8215: its IPv4 part has no fixed place.
    public static final IpNetwork NAT64_LOCAL = IpNetwork.parse("64:ff9b:1::/48");

    /// IPv6 with an IPv4 address behind its first 16 bits: RFC 3056.
    public static final IpNetwork SIX_TO_FOUR = IpNetwork.parse("2002::/16");

    /// IPv6 with a server's and, upside down, a client's IPv4 address: RFC 4380 section 4.
    public static final IpNetwork TEREDO = IpNetwork.parse("2001::/32");

    private SpecialNetworks() {}

    /// Whether `address` is one that a network gives to its own hosts: RFC 1918, RFC 6598 (behind
    /// a carrier's translator) or RFC 4193.
    public static boolean isPrivate(IpAddress address) {
        return contain(PRIVATE, address);
    }

    /// The networks that `texts` name, as [IpNetwork#parse] reads them.
    public static List<IpNetwork> parse(String... texts) {
        return Stream.of(texts).map(IpNetwork::parse).toList();
    }

    /// Whether one of `networks` has `address`.
    public static boolean contain(List<IpNetwork> networks, IpAddress address) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }
}
