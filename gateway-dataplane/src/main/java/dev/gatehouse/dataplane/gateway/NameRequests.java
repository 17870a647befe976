package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.tunnel.DomainPattern;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.TokenBucket;
import java.util.LinkedHashMap;

/// What one client has asked to be set up and has no answer to: some look-ups are under way, the
/// others wait for their turn, each name of a resource once. Belongs to [ControlPath].
final class NameRequests {
    /// Of control packets. A client sends one for each name when it comes, and others as names are
    /// used: a browser asks for hundreds a second at the most.
    private static final int PER_SECOND = 1_000;

    /// All names of a client that uses 5,000, and some more: packets of others wait behind these.
    private static final int BURST = 6_000;

    /// @param domain in lower case, without a trailing dot
    record Key(String resourceId, String domain) {
        static Key of(P2pEvent.AssignedIps request) {
            return new Key(request.resource(), DomainPattern.normalize(request.domain()));
        }
    }

    /// @param key of `request`
    /// @param sinceNs when the first request for it came
    record Waiting(Key key, P2pEvent.AssignedIps request, long sinceNs) {}

    private final ClientPeer peer;
    private final TokenBucket pace = new TokenBucket(PER_SECOND, BURST);
    private final LinkedHashMap<Key, Waiting> waiting = new LinkedHashMap<>(); // by age

    // Managed by ControlPath alone.
    int underWay;
    boolean hasTurn;

    NameRequests(ClientPeer peer) {
        this.peer = peer;
    }

    ClientPeer peer() {
        return peer;
    }

    /// False if the client sends more control packets than any client would.
    boolean takePacket(long nowNs) {
        return pace.take(nowNs);
    }

    boolean isWaiting(Key key) {
        return waiting.containsKey(key);
    }

    /// The newest request for a name counts, in the place of the first.
    void add(Key key, P2pEvent.AssignedIps request, long nowNs) {
        var known = waiting.get(key);
        waiting.put(key, new Waiting(key, request, known == null ? nowNs : known.sinceNs));
    }

    int waiting() {
        return waiting.size();
    }

    /// The one that waits for the longest; only if there is one.
    Waiting oldest() {
        return waiting.firstEntry().getValue();
    }

    /// Takes [#oldest].
    Waiting poll() {
        return waiting.pollFirstEntry().getValue();
    }
}
