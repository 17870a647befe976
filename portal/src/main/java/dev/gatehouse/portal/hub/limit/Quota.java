package dev.gatehouse.portal.hub.limit;

import dev.gatehouse.portal.state.Role;
import dev.gatehouse.wire.TokenBucket;
import java.time.Duration;
import java.util.Set;

/// What one device may make the portal do, in units of work: a message costs one and one for each
/// 4 KiB, and so does what is passed on for it to each receiver. A device that connects again goes
/// on with what it has left.
///
/// A client may ask for 2,000 resources at once, each time naming 100 gateways, or send the
/// candidates of ten interfaces to 100 gateways; a thousand clients of one gateway may ask for a
/// hundred resources each in the same second. Ten times that is the burst.
public final class Quota {
    private static final int CLIENT_PER_SECOND = 500;
    private static final int CLIENT_BURST = 20_000;
    private static final int GATEWAY_PER_SECOND = 10_000;
    private static final int GATEWAY_BURST = 500_000;
    private static final int RELAY_PER_SECOND = 10;
    private static final int RELAY_BURST = 200;

    private static final int UNIT_LENGTH = 4096; // characters

    /// Peers join once a connection, and ask for relays once they have none left.
    private static final long SELDOM_NS = Duration.ofSeconds(10).toNanos();

    private static final int SELDOM_BURST = 20;

    private final TokenBucket units;
    private final RequestLimits requests = new RequestLimits();

    private final TokenBucket joins = TokenBucket.every(SELDOM_NS, SELDOM_BURST);
    private final TokenBucket relays = TokenBucket.every(SELDOM_NS, SELDOM_BURST);
    private long refusedUntilNs = Long.MIN_VALUE;

    public Quota(Role role) {
        units =
                switch (role) {
                    case CLIENT -> new TokenBucket(CLIENT_PER_SECOND, CLIENT_BURST);
                    case GATEWAY -> new TokenBucket(GATEWAY_PER_SECOND, GATEWAY_BURST);
                    case RELAY -> new TokenBucket(RELAY_PER_SECOND, RELAY_BURST);
                };
    }

    /// The work of a text of this length to so many receivers.
    public static int work(int length, int receivers) {
        return receivers * (1 + length / UNIT_LENGTH);
    }

    public void spend(int work, long nowNs) {
        units.spend(work, nowNs);
    }

    /// When there is something left to spend; may be past.
    public long readyAtNs() {
        return units.readyAtNs();
    }

    /// Whether one more request for a flow is judged.
    ///
    /// @param listed the ids of the client's resources
    public boolean takeRequest(String resourceId, Set<String> listed, long nowNs) {
        return requests.take(resourceId, listed, nowNs);
    }

    public boolean takeJoin(long nowNs) {
        return joins.take(nowNs);
    }

    public boolean takeNoRelays(long nowNs) {
        return relays.take(nowNs);
    }

    public void refuseUntil(long untilNs) {
        refusedUntilNs = untilNs;
    }

    public boolean isRefused(long nowNs) {
        return nowNs < refusedUntilNs;
    }
}
