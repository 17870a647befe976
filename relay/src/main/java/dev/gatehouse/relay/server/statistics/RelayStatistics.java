package dev.gatehouse.relay.server.statistics;

import dev.gatehouse.stun.StunErrors;

/// Totals of one relay. Owned by the thread of the relay; others read a [#copy].
public final class RelayStatistics {
    /// The methods a reply may belong to, as metrics name them.
    public enum MessageType {
        BINDING,
        ALLOCATE,
        REFRESH,
        CHANNELBIND,
        CREATEPERMISSION,
        UNKNOWN
    }

    /// 0 stands for success.
    private static final int[] CODES = {
        0,
        StunErrors.BAD_REQUEST,
        StunErrors.UNAUTHORIZED,
        StunErrors.FORBIDDEN,
        StunErrors.ALLOCATION_MISMATCH,
        StunErrors.STALE_NONCE,
        StunErrors.ADDRESS_FAMILY_NOT_SUPPORTED,
        StunErrors.PEER_ADDRESS_FAMILY_MISMATCH,
        StunErrors.SERVER_ERROR,
        StunErrors.INSUFFICIENT_CAPACITY
    };

    private final long[] counters = new long[RelayCounter.values().length];
    private final long[][] replies = new long[MessageType.values().length][CODES.length];
    private int allocations;
    private int channels;

    /// A relay with so many in being, and nothing counted.
    public static RelayStatistics ofLoad(int allocations, int channels) {
        var statistics = new RelayStatistics();
        statistics.setGauges(allocations, channels);
        return statistics;
    }

    public void count(RelayCounter counter, long amount) {
        counters[counter.ordinal()] += amount;
    }

    /// @param code 0 for success
    public void countReply(MessageType type, int code) {
        replies[type.ordinal()][indexOf(code)]++;
    }

    public void setGauges(int allocationCount, int channelCount) {
        allocations = allocationCount;
        channels = channelCount;
    }

    public long get(RelayCounter counter) {
        return counters[counter.ordinal()];
    }

    /// @param code 0 for success, or an error code that a relay sends
    public long replies(MessageType type, int code) {
        return replies[type.ordinal()][indexOf(code)];
    }

    /// 0 for success, then every error code that a relay sends.
    public static int[] codes() {
        return CODES.clone();
    }

    public int allocations() {
        return allocations;
    }

    /// Channels bound, or reserved for their grace period.
    public int channels() {
        return channels;
    }

    /// The totals of this moment.
    public RelayStatistics copy() {
        var copy = new RelayStatistics();
        System.arraycopy(counters, 0, copy.counters, 0, counters.length);
        for (int i = 0; i < replies.length; i++) {
            System.arraycopy(replies[i], 0, copy.replies[i], 0, CODES.length);
        }
        copy.setGauges(allocations, channels);
        return copy;
    }

    private static int indexOf(int code) {
        for (int i = 0; i < CODES.length; i++) {
            if (CODES[i] == code) {
                return i;
            }
        }
        throw new IllegalArgumentException("a relay never replies " + code);
    }
}
