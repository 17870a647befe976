package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.List;

/// What a relay granted: addresses, and until when.
///
/// @param relayed the first IPv4 and the first IPv6 address, one of them at least
record AllocationLease(List<Endpoint> relayed, long grantedAtNs, long lifetimeNs) {
    static List<Endpoint> firstOfEachFamily(List<Endpoint> addresses) {
        return java.util.stream.Stream.of(IpAddress.Family.values())
                .flatMap(f -> addresses.stream().filter(a -> a.family() == f).limit(1))
                .toList();
    }

    boolean hasFamilyOf(Endpoint peer) {
        return relayed.stream().anyMatch(address -> address.family() == peer.family());
    }

    AllocationLease extended(long fromNs, long newLifetimeNs) {
        return new AllocationLease(relayed, fromNs, newLifetimeNs);
    }

    long refreshAtNs() {
        return grantedAtNs + lifetimeNs / 2;
    }

    long expiresAtNs() {
        return grantedAtNs + lifetimeNs;
    }
}
