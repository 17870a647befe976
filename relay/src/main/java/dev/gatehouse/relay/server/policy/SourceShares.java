package dev.gatehouse.relay.server.policy;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.LookupTable;
import dev.gatehouse.wire.SourceBuckets;

/// What one source may take of what all users of a relay share. A source is an IPv4 address or an
/// IPv6 /64: with one token a peer gets any number of user names, but not of addresses. Ask for
/// those alone who have shown credentials: others could speak for anybody.
public final class SourceShares {
    /// An office of 1,000 behind one address, where each client has begun anew three times within
    /// the ten minutes that an allocation without refreshes lasts. A quarter of all, if that is
    /// more.
    public static final int ALLOCATIONS_MAX = 4_096;

    /// New ones: that office at once, and ten of its clients a second that change their network.
    static final int NEW_ALLOCATIONS_PER_SECOND = 100;

    static final int NEW_ALLOCATIONS_BURST = 4_096;

    /// A gateway that begins anew binds 4,096 channels at once, an office ten for each client.
    static final int REQUESTS_PER_SECOND = 2_000;

    public static final int REQUESTS_BURST = 20_000;

    private final SourceBuckets newAllocations;
    private final SourceBuckets requests;
    private final LookupTable<IpAddress, Integer> allocations = new LookupTable<>();
    private final int allocationsMax;

    /// @param capacity allocations of all
    public SourceShares(int capacity, long salt) {
        allocationsMax = Math.max(ALLOCATIONS_MAX, capacity / 4);
        newAllocations = new SourceBuckets(NEW_ALLOCATIONS_PER_SECOND, NEW_ALLOCATIONS_BURST, salt);
        requests = new SourceBuckets(REQUESTS_PER_SECOND, REQUESTS_BURST, salt);
    }

    public boolean mayRequest(IpAddress source, long nowNs) {
        return requests.take(source, nowNs);
    }

    public boolean mayAllocate(IpAddress source, long nowNs) {
        var count = allocations.get(network(source));
        boolean hasRoom = count == null || count < allocationsMax;
        return hasRoom && newAllocations.take(source, nowNs);
    }

    public void handleAllocated(IpAddress source) {
        change(network(source), 1);
    }

    public void handleFreed(IpAddress source) {
        change(network(source), -1);
    }

    private void change(IpAddress network, int by) {
        var count = allocations.get(network);
        int changed = (count == null ? 0 : count) + by;
        if (changed == 0) {
            allocations.remove(network);
        } else {
            allocations.put(network, changed);
        }
    }

    private static IpAddress network(IpAddress source) {
        return source.isV4() ? source : IpAddress.v6(source.high(), 0);
    }
}
