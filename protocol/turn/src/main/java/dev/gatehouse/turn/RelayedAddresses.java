package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Our addresses at one relay: those of the lease, and those of the one that is being replaced.
///
/// What stood before is taken back only when its successor is known, or none comes: a peer without
/// any pair gives up within 2 s.
final class RelayedAddresses {
    private final List<Endpoint> replaced = new ArrayList<>(); // lost, but peers are not told yet
    private Optional<AllocationLease> lease = Optional.empty();

    /// What the relay has granted and not taken away.
    Optional<AllocationLease> lease() {
        return lease;
    }

    /// Those of the lease; none without.
    List<Endpoint> leased() {
        return lease.map(AllocationLease::relayed).orElse(List.of());
    }

    /// The leased one of the same family as `peer`, or null. Runs per packet.
    Endpoint leasedFor(Endpoint peer) {
        if (lease.isPresent()) {
            var relayed = lease.get().relayed();
            for (int i = 0; i < relayed.size(); i++) {
                if (relayed.get(i).isV4() == peer.isV4()) {
                    return relayed.get(i);
                }
            }
        }
        return null;
    }

    boolean owns(Endpoint address) {
        return replaced.contains(address) || leased().contains(address);
    }

    /// Tells the addresses, and takes back what they replace.
    void handleGranted(
            AllocationLease granted, Endpoint server, Collection<AllocationEvent> events) {
        lease = Optional.of(granted);
        for (var address : granted.relayed()) {
            events.add(new AllocationEvent.RelayedFound(address, server));
        }
        replaced.removeAll(granted.relayed());
        tellGone(events);
    }

    /// The same addresses, for longer.
    void handleExtended(AllocationLease extended) {
        lease = Optional.of(extended);
    }

    /// The relay has them no more; [#tellGone] says so to others.
    void handleLost() {
        replaced.addAll(leased());
        lease = Optional.empty();
    }

    void tellGone(Collection<AllocationEvent> events) {
        replaced.forEach(address -> events.add(new AllocationEvent.RelayedGone(address)));
        replaced.clear();
    }
}
