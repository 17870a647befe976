package dev.gatehouse.relay.server;

import dev.gatehouse.wire.Endpoint;
import java.util.LinkedHashMap;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// One nonce per client socket, each good for 10,000 requests, relay.md 7.2 and 16.
///
/// Remembers a limited number; the one unused for longest makes room, and the loss is counted.
final class Nonces {
    static final int USES_MAX = 10_000;

    enum Use {
        ACCEPTED,
        /// No nonce, or that of another socket.
        UNKNOWN,
        USED_UP
    }

    private static final class Entry {
        private final UUID nonce;
        private int usesLeft = USES_MAX;

        private Entry(UUID nonce) {
            this.nonce = nonce;
        }
    }

    private final LinkedHashMap<Endpoint, Entry> byClient = new LinkedHashMap<>(16, 0.75f, true);
    private final int capacity;
    private final RandomGenerator random;
    private final RelayStatistics statistics;

    Nonces(int capacity, RandomGenerator random, RelayStatistics statistics) {
        this.capacity = capacity;
        this.random = random;
        this.statistics = statistics;
    }

    /// The nonce `client` should use: the one it has while that is good, else another.
    String current(Endpoint client) {
        var entry = byClient.get(client);
        if (entry == null || entry.usesLeft == 0) {
            entry = new Entry(new UUID(random.nextLong(), random.nextLong()));
            byClient.put(client, entry);
            evict();
        }
        return entry.nonce.toString();
    }

    private void evict() {
        if (byClient.size() > capacity) {
            byClient.pollFirstEntry();
            statistics.count(RelayCounter.NONCES_EVICTED, 1);
        }
    }

    /// Takes one use off the nonce of `client`, whatever becomes of the request.
    Use use(Endpoint client, UUID nonce) {
        var entry = byClient.get(client);
        if (entry == null || !entry.nonce.equals(nonce)) {
            return Use.UNKNOWN;
        }
        if (entry.usesLeft == 0) {
            return Use.USED_UP;
        }
        entry.usesLeft--;
        return Use.ACCEPTED;
    }

    int size() {
        return byClient.size();
    }
}
