package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Peers that a relay refuses to relay to (403, RFC 8656 section 11.2): asking again for each
/// packet would change nothing. Each is asked for once a minute; the rest of the allocation is not
/// touched by it.
///
/// Remembers the newest 256.
final class ForbiddenPeers {
    private static final int CAPACITY = 256;
    private static final long REMEMBERED_NS = Duration.ofMinutes(1).toNanos();

    private final SequencedMap<Endpoint, Long> refusedAtNs = new LinkedHashMap<>();

    void add(Endpoint peer, long nowNs) {
        refusedAtNs.remove(peer);
        refusedAtNs.put(peer, nowNs);
        if (refusedAtNs.size() > CAPACITY) {
            refusedAtNs.pollFirstEntry();
        }
    }

    boolean contains(Endpoint peer, long nowNs) {
        var atNs = refusedAtNs.get(peer);
        return atNs != null && nowNs < atNs + REMEMBERED_NS;
    }

    /// Another allocation may be one of a relay with other rules.
    void clear() {
        refusedAtNs.clear();
    }
}
