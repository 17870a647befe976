package dev.gatehouse.relay.server.policy;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpAddress.Family;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.SpecialNetworks;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/// Decides which peers a relay sends to, RFC 8656 section 21.4: whoever has credentials must not
/// reach through the relay what only the relay's host or its network can reach.
///
/// Denied are addresses without global reach, IPv6 forms that carry one of those, and all addresses
/// of the relay itself; what [RelayConfig#allowedPeers] names is allowed all the same. A relay
/// whose own address is a private one serves a private network: other private addresses of that
/// family are its peers. The relay's own listening port is always denied: it would talk to itself.
public final class PeerFilter {
    private static final List<IpNetwork> DENIED =
            SpecialNetworks.parse(
                    "0.0.0.0/8",
                    "127.0.0.0/8",
                    "169.254.0.0/16",
                    "192.0.0.0/24",
                    "224.0.0.0/4",
                    "240.0.0.0/4",
                    "::/128",
                    "::1/128",
                    "64:ff9b:1::/48", // NAT64 of one's own choice: its IPv4 part has no fixed place
                    "fd00:ec2::254/128", // a cloud's metadata, as 169.254.169.254 is
                    "fe80::/10",
                    "fec0::/10",
                    "ff00::/8");

    /// Like a mapped address, for a stateless translator: RFC 2765.
    private static final IpNetwork TRANSLATED = IpNetwork.parse("::ffff:0:0:0/96");

    private final RelayConfig config;
    private final TreeSet<IpAddress> ownAddresses = new TreeSet<>();

    public PeerFilter(RelayConfig config) {
        this.config = config;
    }

    /// @param addresses all of the relay's host
    public void handleOwnAddresses(Collection<IpAddress> addresses) {
        ownAddresses.clear();
        ownAddresses.addAll(addresses);
    }

    /// Whether the relay may send to `peer` by way of the network. Says nothing about other
    /// allocations of this relay: packets to those never leave it.
    public boolean isAllowed(Endpoint peer) {
        if (isPublicAddress(peer.address()) && peer.port() == config.listenPort()) {
            return false;
        }
        return isAllowed(peer.address());
    }

    /// The same of a whole address, for permissions.
    public boolean isAllowed(IpAddress address) {
        boolean named = SpecialNetworks.contain(config.allowedPeers(), address);
        return named || !isOwn(address) && isAllowedForOthers(address);
    }

    /// The same, as if `address` were none of the relay's own.
    public boolean isAllowedForOthers(IpAddress address) {
        boolean named = SpecialNetworks.contain(config.allowedPeers(), address);
        return named
                || !SpecialNetworks.contain(DENIED, address)
                        && (servesPrivateNetwork(address.family())
                                || !SpecialNetworks.isPrivate(address))
                        && isEmbeddedAllowed(address);
    }

    private boolean servesPrivateNetwork(Family family) {
        return config.publicAddress(family).filter(SpecialNetworks::isPrivate).isPresent();
    }

    private boolean isPublicAddress(IpAddress address) {
        return config.publicAddress(address.family()).filter(address::equals).isPresent();
    }

    private boolean isOwn(IpAddress address) {
        return isPublicAddress(address) || ownAddresses.contains(address);
    }

    private boolean isEmbeddedAllowed(IpAddress address) {
        if (address.isV4()) {
            return true;
        }
        if (SpecialNetworks.TEREDO.contains(address)) {
            // A server, and a client upside down.
            return isAllowed(v4(address.high())) && isAllowed(v4(~address.low()));
        }
        if (SpecialNetworks.SIX_TO_FOUR.contains(address)) {
            return isAllowed(v4(address.high() >>> 16));
        }
        boolean inLastBits =
                SpecialNetworks.V4_MAPPED.contains(address)
                        || SpecialNetworks.V4_COMPATIBLE.contains(address)
                        || TRANSLATED.contains(address)
                        || SpecialNetworks.NAT64.contains(address);
        return !inLastBits || isAllowed(v4(address.low()));
    }

    /// The lowest 32 bits.
    private static IpAddress v4(long bits) {
        return IpAddress.v4((int) bits);
    }
}
