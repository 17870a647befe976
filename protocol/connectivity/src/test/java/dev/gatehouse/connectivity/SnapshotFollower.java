package dev.gatehouse.connectivity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.connectivity.peer.PeerSnapshot;
import dev.gatehouse.turn.RelaySnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Follows a node by its changes alone, and compares what it then knows with the whole snapshot.
final class SnapshotFollower {
    private final Map<String, RelaySnapshot> relays = new TreeMap<>();
    private final Map<String, PeerSnapshot> peers = new TreeMap<>();
    long relayChanges;
    long peerChanges;
    long quietLooks;

    void follow(Node node, long nowNs) {
        boolean hasChanges = node.hasChanges();
        var changes = node.takeChanges();
        boolean nothing = changes.relayIds().isEmpty() && changes.peerIds().isEmpty();
        quietLooks += nothing ? 1 : 0;
        relayChanges += changes.relayIds().size();
        peerChanges += changes.peerIds().size();

        var part = node.snapshot(changes, nowNs);
        relays.keySet().removeAll(changes.relayIds());
        peers.keySet().removeAll(changes.peerIds());
        absolute(part).forEach(relay -> relays.put(relay.relay().id(), relay));
        part.peers().forEach(peer -> peers.put(peer.peerId(), peer));

        var whole = node.snapshot(nowNs);
        assertThat(hasChanges || nothing).as("a change is announced").isTrue();
        assertThat(new ArrayList<>(relays.values())).isEqualTo(absolute(whole));
        assertThat(new ArrayList<>(peers.values())).isEqualTo(whole.peers());
    }

    /// With points in time for spans, which differ from one moment to the next.
    private static List<RelaySnapshot> absolute(NodeSnapshot snapshot) {
        return snapshot.relays().stream()
                .map(
                        relay ->
                                new RelaySnapshot(
                                        relay.relay(),
                                        relay.nonce(),
                                        relay.grant()
                                                .map(g -> absolute(g, snapshot.takenAtUnixNs()))))
                .toList();
    }

    private static RelaySnapshot.Grant absolute(RelaySnapshot.Grant grant, long unixNs) {
        var channels =
                grant.channels().stream()
                        .map(
                                c ->
                                        new RelaySnapshot.ChannelSnapshot(
                                                c.number(), c.peer(), unixNs - c.ageNs()))
                        .toList();
        return new RelaySnapshot.Grant(
                grant.server(), grant.relayed(), unixNs + grant.lifetimeLeftNs(), channels);
    }
}
