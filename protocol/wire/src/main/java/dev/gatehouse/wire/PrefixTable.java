package dev.gatehouse.wire;

import java.util.ArrayList;
import java.util.List;

/// Finds the longest network that holds an address; networks of both families, one value each.
///
/// One hash table per prefix length in use, asked from the longest on: a lookup costs as many
/// probes as there are different lengths, and allocates nothing.
public final class PrefixTable<V> {
    private final List<Level<V>> v4 = new ArrayList<>(); // longest prefix first
    private final List<Level<V>> v6 = new ArrayList<>();
    private final SeededHash hash;

    /// For networks that nobody chooses who wants the table to be slow.
    public PrefixTable() {
        this(0);
    }

    /// @param seed random where strangers choose the networks
    public PrefixTable(long seed) {
        hash = new SeededHash(seed);
    }

    /// Returns the value that was replaced, or null.
    public V put(IpNetwork network, V value) {
        var levels = levels(network.address().isV4());
        int i = 0;
        while (i < levels.size() && levels.get(i).prefixLength > network.prefixLength()) {
            i++;
        }
        if (i == levels.size() || levels.get(i).prefixLength != network.prefixLength()) {
            levels.add(i, new Level<>(hash, network.address().isV4(), network.prefixLength()));
        }
        return levels.get(i).put(network.address(), value);
    }

    /// The value of exactly this network, or null.
    public V get(IpNetwork network) {
        var address = network.address();
        for (var level : levels(address.isV4())) {
            if (level.prefixLength == network.prefixLength()) {
                return level.get(address.high(), address.low());
            }
        }
        return null;
    }

    /// Returns the value that was removed, or null.
    public V remove(IpNetwork network) {
        var levels = levels(network.address().isV4());
        for (int i = 0; i < levels.size(); i++) {
            var level = levels.get(i);
            if (level.prefixLength == network.prefixLength()) {
                V removed = level.remove(network.address());
                if (level.size == 0) {
                    levels.remove(i);
                }
                return removed;
            }
        }
        return null;
    }

    public void clear() {
        v4.clear();
        v6.clear();
    }

    public boolean isEmpty() {
        return v4.isEmpty() && v6.isEmpty();
    }

    /// The value of the longest network that holds `address`, or null.
    public V longestMatch(IpAddress address) {
        return longestMatch(address.isV4(), address.high(), address.low());
    }

    /// The value of the longest network that holds the address, or null.
    ///
    /// @param high 0 for IPv4
    /// @param low the 32 bits for IPv4
    public V longestMatch(boolean isV4, long high, long low) {
        return longestMatchBelow(isV4, high, low, Integer.MAX_VALUE);
    }

    /// As [#longestMatch], but only among prefixes shorter than `belowLength`: a value that knows
    /// its own length so finds the next one outward.
    public V longestMatchBelow(boolean isV4, long high, long low, int belowLength) {
        var levels = levels(isV4);
        for (int i = 0; i < levels.size(); i++) {
            var level = levels.get(i);
            if (level.prefixLength < belowLength) {
                V value = level.get(high & level.maskHigh, low & level.maskLow);
                if (value != null) {
                    return value;
                }
            }
        }
        return null;
    }

    private List<Level<V>> levels(boolean isV4) {
        return isV4 ? v4 : v6;
    }

    /// Networks of one prefix length: open addressing with linear probing.
    private static final class Level<V> {
        private final SeededHash hash;
        private final int prefixLength;
        private final long maskHigh;
        private final long maskLow;
        private long[] highs = new long[8];
        private long[] lows = new long[8];
        private Object[] values = new Object[8];
        private int shift = SeededHash.shift(values.length);
        private int size;

        Level(SeededHash hash, boolean isV4, int prefixLength) {
            this.hash = hash;
            this.prefixLength = prefixLength;
            int hostBits = (isV4 ? 32 : 128) - prefixLength;
            maskLow = hostBits >= 64 ? 0 : -1L << hostBits;
            maskHigh = hostBits <= 64 ? -1 : hostBits == 128 ? 0 : -1L << hostBits - 64;
        }

        @SuppressWarnings("unchecked") // only put stores values
        V get(long high, long low) {
            return (V) values[slot(high, low)];
        }

        @SuppressWarnings("unchecked")
        V put(IpAddress address, V value) {
            int slot = slot(address.high(), address.low());
            var replaced = values[slot];
            highs[slot] = address.high();
            lows[slot] = address.low();
            values[slot] = value;
            if (replaced == null && ++size * 2 > values.length) {
                rehash(values.length * 2);
            }
            return (V) replaced;
        }

        @SuppressWarnings("unchecked")
        V remove(IpAddress address) {
            int slot = slot(address.high(), address.low());
            var removed = values[slot];
            if (removed != null) {
                size--;
                closeGap(slot);
            }
            return (V) removed;
        }

        /// Moves up what was pushed past the slot, so that no probe sequence ends early.
        private void closeGap(int freed) {
            int mask = values.length - 1;
            int gap = freed;
            for (int i = gap + 1 & mask; values[i] != null; i = i + 1 & mask) {
                int home = home(highs[i], lows[i]);
                boolean isPastGap = (i - home & mask) >= (i - gap & mask);
                if (isPastGap) {
                    highs[gap] = highs[i];
                    lows[gap] = lows[i];
                    values[gap] = values[i];
                    gap = i;
                }
            }
            values[gap] = null;
        }

        private void rehash(int capacity) {
            long[] oldHighs = highs;
            long[] oldLows = lows;
            Object[] oldValues = values;
            highs = new long[capacity];
            lows = new long[capacity];
            values = new Object[capacity];
            shift = SeededHash.shift(capacity);
            for (int i = 0; i < oldValues.length; i++) {
                if (oldValues[i] != null) {
                    int slot = slot(oldHighs[i], oldLows[i]);
                    highs[slot] = oldHighs[i];
                    lows[slot] = oldLows[i];
                    values[slot] = oldValues[i];
                }
            }
        }

        /// The slot of this address, or the free one where it belongs.
        private int slot(long high, long low) {
            int slot = home(high, low);
            while (values[slot] != null && (highs[slot] != high || lows[slot] != low)) {
                slot = slot + 1 & values.length - 1;
            }
            return slot;
        }

        private int home(long high, long low) {
            return hash.slot(high, low, 0, shift);
        }
    }
}
