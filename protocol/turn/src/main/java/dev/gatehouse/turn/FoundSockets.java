package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/// Sockets of ours and how one relay sees them: told once, and not taken back as long as the host
/// has the address (tunnel.md 11.2 #11).
final class FoundSockets {
    /// As many as a peer is told of: a relay that sees us elsewhere each second tells nonsense.
    private static final int FOUND_MAX = 64;

    private final SequencedSet<AllocationEvent> found = new LinkedHashSet<>();
    private List<IpAddress> missing = List.of();
    private int refused;

    /// Addresses that the host had and has no more.
    void handleMissing(List<IpAddress> addresses) {
        missing = List.copyOf(addresses);
    }

    List<IpAddress> hostAddresses() {
        return found.stream().map(event -> baseOf(event).address()).distinct().toList();
    }

    /// Returns true if that is news, and there is room for it.
    boolean add(AllocationEvent event) {
        if (found.size() >= FOUND_MAX && !found.contains(event)) {
            refused++;
            return false;
        }
        return found.add(event);
    }

    /// How many found no room since the last call.
    int takeRefused() {
        int count = refused;
        refused = 0;
        return count;
    }

    List<AllocationEvent> all() {
        return List.copyOf(found);
    }

    /// A socket has been shown to work: forgets those of its family whose address is missing.
    ///
    /// @return what to tell
    List<AllocationEvent> replaceMissing(Endpoint working) {
        var gone = new ArrayList<AllocationEvent>();
        for (var event : all()) {
            var base = baseOf(event);
            if (base.family() == working.family()
                    && !base.equals(working)
                    && missing.contains(base.address())) {
                found.remove(event);
                gone.add(new AllocationEvent.HostGone(base));
            }
        }
        return gone;
    }

    private static Endpoint baseOf(AllocationEvent event) {
        return switch (event) {
            case AllocationEvent.HostFound(var address) -> address;
            case AllocationEvent.ReflexiveFound(_, var base) -> base;
            case AllocationEvent.RelayedFound _,
                    AllocationEvent.RelayedGone _,
                    AllocationEvent.HostGone _,
                    AllocationEvent.Allocated _ ->
                    throw new IllegalStateException("not of a socket: " + event);
        };
    }
}
