package dev.gatehouse.connectivity.peer;

import dev.gatehouse.connectivity.path.DropCounters;
import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.wire.TokenBucket;
import java.time.Duration;
import java.util.function.LongPredicate;

/// What one peer may ask of us beside its packets. Each limit is far from what a peer does that
/// means no harm, a multi-homed one on a bad network included.
public final class PeerLimits {
    /// Candidates of one message: a peer has 64 at most, and names each once.
    public static final int CANDIDATES_PER_MESSAGE_MAX = 256;

    /// A peer tells all its candidates again with each resource it asks for: 200 of a browser in a
    /// second, times 40. Known ones cost two microseconds.
    private static final int CANDIDATES_PER_SECOND = 10_000;

    private static final int CANDIDATES_BURST = 20_000;

    /// 100 pairs, each checked four times in the first second, are the most that ICE has.
    private static final int CHECKS_PER_SECOND = 1_000;

    private static final int CHECKS_BURST = 2_000;

    /// All peers share the 4,096 channels of an allocation, each of which stays taken for 15
    /// minutes: a peer gets 64 and, in those 15 minutes, 90 more. A host with 32 addresses behind
    /// as many translators needs 64, once for each network it is in.
    private static final int CHANNELS_BURST = 64;

    private static final long CHANNEL_EVERY_NS = Duration.ofSeconds(10).toNanos();

    private final DropCounters drops;
    private final TokenBucket candidates = new TokenBucket(CANDIDATES_PER_SECOND, CANDIDATES_BURST);
    private final TokenBucket checks = new TokenBucket(CHECKS_PER_SECOND, CHECKS_BURST);
    private final TokenBucket channels = TokenBucket.every(CHANNEL_EVERY_NS, CHANNELS_BURST);
    private final LongPredicate mayOpenChannel = this::mayOpenChannel;

    /// @param drops counts what goes beyond
    public PeerLimits(DropCounters drops) {
        this.drops = drops;
    }

    /// How many of the candidates that a message names are to be looked at; counts the others.
    public int candidates(int named, long nowNs) {
        int taken = candidates.take(Math.min(named, CANDIDATES_PER_MESSAGE_MAX), nowNs);
        drops.count(DropReason.CANDIDATE_EXCESS, named - taken);
        return taken;
    }

    /// For each ICE message of the peer; counts those that are too many.
    public boolean mayCheck(long nowNs) {
        return counted(checks.take(nowNs), DropReason.ICE_EXCESS);
    }

    /// To be asked for each channel that is opened because of an address that the peer named.
    public LongPredicate channels() {
        return mayOpenChannel;
    }

    private boolean mayOpenChannel(long nowNs) {
        return counted(channels.take(nowNs), DropReason.CHANNEL_EXCESS);
    }

    private boolean counted(boolean may, DropReason reason) {
        drops.count(reason, may ? 0 : 1);
        return may;
    }
}
