package dev.gatehouse.relay.server.allocation;

import dev.gatehouse.wire.Endpoint;

/// A channel number bound to one peer on one allocation.
///
/// Relays until it expires; the pair then stays reserved for a grace period, in which only the same
/// pair may be bound again (relay.md 10).
public final class Channel implements Expiring {
    static final long BINDING_NS = 600_000_000_000L;
    static final long GRACE_NS = 300_000_000_000L;

    public final Allocation allocation;
    public final int number;
    public final Endpoint peer;
    private long expiresAtNs;

    public Channel(Allocation allocation, int number, Endpoint peer) {
        this.allocation = allocation;
        this.number = number;
        this.peer = peer;
    }

    void bind(long nowNs) {
        expiresAtNs = nowNs + BINDING_NS;
    }

    public boolean isBound(long nowNs) {
        return nowNs < expiresAtNs;
    }

    /// The end of the grace period.
    @Override
    public long deadlineNs() {
        return expiresAtNs + GRACE_NS;
    }
}
