package dev.gatehouse.client.state.name;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.time.Duration;
import java.util.List;

/// A name with its invented addresses, and what the gateway knows of it (client.md 16).
///
/// | state | leads to |
/// |---|---|
/// | Unknown | Pending when told to the gateway |
/// | Pending | Confirmed, Failed |
/// | Confirmed | Recreating on the next query for the name, Failed |
/// | Recreating | Pending when told again, Confirmed, Failed |
/// | Failed | Recreating on the next query, Confirmed |
public final class ProxyName {
    static final int PARKED_MAX = 32;
    private static final long REPEAT_AFTER_NS = Duration.ofSeconds(2).toNanos();

    private sealed interface State {
        record Unknown() implements State {}

        /// @param parked null if packets pass meanwhile
        record Pending(ParkedPackets parked, long toldAtNs) implements State {}

        record Confirmed() implements State {}

        record Recreating(boolean parks) implements State {}

        record Failed() implements State {}
    }

    private final String name;
    private final String resourceId;
    private final List<IpAddress> addresses;
    private State state = new State.Unknown();
    private boolean hasV6;
    private long v6KnownUntilNs;

    ProxyName(String name, String resourceId, List<IpAddress> addresses) {
        this.name = name;
        this.resourceId = resourceId;
        this.addresses = List.copyOf(addresses);
    }

    public String name() {
        return name;
    }

    public String resourceId() {
        return resourceId;
    }

    public List<IpAddress> addresses() {
        return addresses;
    }

    /// What its site says of the name's IPv6 addresses, for a time.
    public void handleV6(boolean exists, long knownUntilNs) {
        hasV6 = exists;
        v6KnownUntilNs = knownUntilNs;
    }

    public boolean isV6Known(long nowNs) {
        return nowNs < v6KnownUntilNs;
    }

    /// Only while that is known.
    public boolean hasV6() {
        return hasV6;
    }

    /// The gateway knows nothing: its connection is gone, or the resource is.
    public void handleGatewayGone() {
        state = new State.Unknown();
    }

    /// A query for the name was answered, or its access renewed: the gateway shall resolve it anew.
    public void handleQuery() {
        switch (state) {
            case State.Confirmed _ -> state = new State.Recreating(false);
            case State.Failed _ -> state = new State.Recreating(true);
            case State.Unknown _, State.Pending _, State.Recreating _ -> {}
        }
    }

    /// Returns true if the gateway must be told the addresses.
    public boolean handleUpdate(long nowNs) {
        return switch (state) {
            case State.Unknown _ -> tell(true, nowNs);
            case State.Recreating(boolean parks) -> tell(parks, nowNs);
            case State.Pending(var parked, long toldAtNs) -> repeat(parked, toldAtNs, nowNs);
            case State.Confirmed _, State.Failed _ -> false;
        };
    }

    private boolean tell(boolean parks, long nowNs) {
        state = new State.Pending(parks ? new ParkedPackets(PARKED_MAX) : null, nowNs);
        return true;
    }

    private boolean repeat(ParkedPackets parked, long toldAtNs, long nowNs) {
        if (nowNs < toldAtNs + REPEAT_AFTER_NS) {
            return false;
        }
        state = new State.Pending(parked, nowNs);
        return true;
    }

    /// Returns true if the packet was parked instead of passing.
    public boolean handlePacket(IpPacket packet) {
        if (state instanceof State.Pending(var parked, _) && parked != null) {
            parked.park(packet);
            return true;
        }
        return false;
    }

    /// Returns the packets to send once the gateway is ready.
    public List<byte[]> handleStatus(boolean active) {
        List<byte[]> released = List.of();
        if (state instanceof State.Pending(var parked, _) && parked != null && active) {
            released = parked.takeAll();
        }
        state =
                switch (state) {
                    case State.Unknown unknown -> unknown;
                    case State.Pending _, State.Confirmed _, State.Recreating _, State.Failed _ ->
                            active ? new State.Confirmed() : new State.Failed();
                };
        return released;
    }
}
