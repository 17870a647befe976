package dev.gatehouse.portal.hub.relay;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.portal.hub.channel.Endpoints;
import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.policy.PolicyEvaluator;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.token.PeerSecrets;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/// Tells gateways and clients which relays to use, with credentials (portal-channel.md 7.4).
///
/// Comings and goings are gathered for a second; then a peer hears of them only if a relay it
/// was told is gone, or it knows fewer than it could.
public final class RelayDesk {
    static final long NEVER = Long.MAX_VALUE;
    private static final long DEBOUNCE_NS = Duration.ofSeconds(1).toNanos();

    private final Sessions sessions;
    private final Outbox outbox;
    private final RelayChoice choice;
    private long presenceAtNs = NEVER;

    public RelayDesk(Sessions sessions, Outbox outbox, RandomGenerator random) {
        this.sessions = sessions;
        this.outbox = outbox;
        this.choice = new RelayChoice(random);
    }

    public void handleChange(long nowNs) {
        presenceAtNs = Math.min(presenceAtNs, nowNs + DEBOUNCE_NS);
    }

    public long pollTimeout() {
        return presenceAtNs;
    }

    public void handleTimeout(long nowNs) {
        if (nowNs < presenceAtNs) {
            return;
        }
        presenceAtNs = NEVER;
        sessions.joinedGateways().forEach(this::updatePresence);
        sessions.joinedClients().forEach(this::updatePresence);
    }

    private void updatePresence(Session peer) {
        var online = sessions.joinedRelays().stream().map(Session.Relay::relayId).toList();
        var gone = peer.announcedRelays().stream().filter(id -> !online.contains(id)).toList();
        var chosen = choose(peer);
        if (!gone.isEmpty() || !peer.announcedRelays().containsAll(chosen)) {
            announce(peer, chosen, gone);
        }
    }

    /// The answer to `no_relays`.
    public void handleNoRelays(Session peer) {
        announce(peer, choose(peer), List.of());
    }

    private void announce(Session peer, List<String> chosen, List<String> gone) {
        outbox.push(peer, "relays_presence", presence(gone, select(peer, chosen)));
    }

    private static ObjectNode presence(List<String> disconnected, ArrayNode connected) {
        var payload = JsonNodeFactory.instance.objectNode();
        var gone = payload.putArray("disconnected_ids");
        disconnected.forEach(gone::add);
        payload.set("connected", connected);
        return payload;
    }

    /// Chooses for an `init`.
    public ArrayNode select(Session peer) {
        return select(peer, choose(peer));
    }

    private List<String> choose(Session peer) {
        var online =
                sessions.joinedRelays().stream()
                        .map(r -> new RelayChoice.Candidate(r.relayId(), r.identity().location()))
                        .toList();
        return choice.choose(online, peer.announcedRelays(), peer.identity().location());
    }

    private ArrayNode select(Session peer, List<String> chosen) {
        var entries = JsonNodeFactory.instance.arrayNode();
        for (String id : chosen) {
            sessions.joinedRelays().stream()
                    .filter(r -> r.relayId().equals(id))
                    .findFirst()
                    .ifPresent(relay -> addEntries(entries, relay, peer));
        }
        peer.announcedRelays(chosen);
        return entries;
    }

    /// IPv4 first, and a relay's two entries next to each other: receivers merge neighbours.
    private static void addEntries(ArrayNode entries, Session.Relay relay, Session peer) {
        long expiresAt =
                peer.endpoint().role() == Role.CLIENT
                        ? peer.token().expiresAt()
                        : PolicyEvaluator.NEVER;
        var credentials =
                PeerSecrets.turn(peer.identity().publicKey(), expiresAt, relay.stampSecret());
        var address = relay.identity().relay();
        for (var ip : List.of(address.ipv4(), address.ipv6())) {
            ip.ifPresent(
                    a ->
                            entries.addObject()
                                    .put("type", "turn")
                                    .put("id", relay.relayId())
                                    .put("addr", Endpoints.text(a, address.port()))
                                    .put("username", credentials.username())
                                    .put("password", credentials.password())
                                    .put("expires_at", expiresAt));
        }
    }
}
