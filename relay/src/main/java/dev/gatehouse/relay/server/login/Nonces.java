package dev.gatehouse.relay.server.login;

import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.wire.Endpoint;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// One nonce per client socket, each good for 10,000 requests, relay.md 7.2 and 16.
///
/// Remembers a limited number; the one unused for longest makes room, and the loss is counted.
/// Sockets that have shown credentials are remembered apart: strangers, who get a nonce for the
/// asking, push out none but each other.
public final class Nonces {
    private static final int USES_MAX = 10_000;

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

    private final SequencedMap<Endpoint, Entry> strangers = byLastUse();
    private final SequencedMap<Endpoint, Entry> users = byLastUse();
    private final int capacity;
    private final RandomGenerator random;
    private final RelayStatistics statistics;

    /// @param capacity of strangers, and of users as many
    public Nonces(int capacity, RandomGenerator random, RelayStatistics statistics) {
        this.capacity = capacity;
        this.random = random;
        this.statistics = statistics;
    }

    private static SequencedMap<Endpoint, Entry> byLastUse() {
        return new LinkedHashMap<>(16, 0.75f, true);
    }

    /// The nonce `client` should use: the one it has while that is good, else another.
    String current(Endpoint client) {
        var entry = find(client);
        if (entry == null || entry.usesLeft == 0) {
            entry = new Entry(new UUID(random.nextLong(), random.nextLong()));
            put(users.containsKey(client) ? users : strangers, client, entry);
        }
        return entry.nonce.toString();
    }

    private Entry find(Endpoint client) {
        var entry = users.get(client);
        return entry == null ? strangers.get(client) : entry;
    }

    private void put(SequencedMap<Endpoint, Entry> entries, Endpoint client, Entry entry) {
        entries.put(client, entry);
        if (entries.size() > capacity) {
            entries.pollFirstEntry();
            statistics.count(RelayCounter.NONCES_EVICTED, 1);
        }
    }

    /// `client` has shown credentials.
    void handleUser(Endpoint client) {
        var entry = strangers.remove(client);
        if (entry != null) {
            put(users, client, entry);
        }
    }

    /// Takes one use off the nonce of `client`, whatever becomes of the request.
    Use use(Endpoint client, UUID nonce) {
        var entry = find(client);
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
        return strangers.size() + users.size();
    }
}
