package dev.gatehouse.controlplane.flow;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.gatehouse.rpc.Authorization;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.Delta;
import dev.gatehouse.rpc.DnsMapping;
import dev.gatehouse.rpc.DnsMappingKey;
import dev.gatehouse.rpc.NatSession;
import dev.gatehouse.rpc.Peer;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.RelayState;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.ShardPort;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.SnapshotChunk;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/// The control plane's copy of what a new data plane must know. In memory only: it holds keys.
///
/// Revocations and expiries change it before the data plane confirms them, so that nothing revoked
/// is ever handed on.
final class SnapshotStore {
    private static final int PART_LENGTH_MAX = 128 << 10; // bytes; half of gRPC's usual limit

    private Snapshot singular = Snapshot.getDefaultInstance(); // key pair, interface, port
    private final NavigableMap<String, RelayState> relays = new TreeMap<>();
    private final NavigableMap<Integer, ShardPort> shardPorts = new TreeMap<>();
    private final NavigableMap<String, Client> clients = new TreeMap<>();
    private final NavigableMap<String, Peer> peers = new TreeMap<>();
    private final NavigableMap<String, Authorization> authorizations = new TreeMap<>();
    private final NavigableMap<String, DnsMapping> dnsMappings = new TreeMap<>();
    private final NavigableMap<String, Map<NatKey, NatSession>> natSessions = new TreeMap<>();
    private final List<Snapshot> incoming = new ArrayList<>();

    /// What a translation is known by, of one client.
    private record NatKey(int protocol, int insideId, ByteString proxy) {
        static NatKey of(NatSession session) {
            return new NatKey(session.getProtocol(), session.getInsideId(), session.getProxy());
        }
    }

    /// Takes a chunk; what was held is replaced only when the last one is here.
    ///
    /// @return true if the snapshot is complete
    boolean handleChunk(SnapshotChunk chunk) {
        if (chunk.getFirst()) {
            incoming.clear();
        }
        incoming.add(chunk.getPart());
        if (!chunk.getLast()) {
            return false;
        }
        clear();
        incoming.forEach(this::merge);
        incoming.clear();
        return true;
    }

    /// A shard removes only what is its own: of a client that has moved, the shard it left may tell
    /// later than the one it came to.
    void handleDelta(Delta delta) {
        int shard = delta.getShard();
        delta.getRemovedRelayIdsList().forEach(id -> relays.remove(relayKey(id, shard)));
        delta.getRemovedClientIdsList().stream()
                .filter(id -> !isElsewhere(id, shard))
                .forEach(this::removeClient);
        delta.getRemovedPeerIdsList().stream()
                .filter(id -> !isElsewhere(id, shard))
                .forEach(peers::remove);
        delta.getRemovedAuthorizationsList().stream()
                .filter(key -> !isElsewhere(key.getClientId(), shard))
                .forEach(this::removeAuthorization);
        delta.getRemovedDnsMappingsList().stream()
                .filter(key -> !isElsewhere(key.getClientId(), shard))
                .forEach(key -> dnsMappings.remove(text(key)));
        delta.getRemovedNatSessionsList().stream()
                .filter(session -> !isElsewhere(session.getClientId(), shard))
                .forEach(this::removeNatSession);
        merge(delta.getChanged());
    }

    private boolean isElsewhere(String clientId, int shard) {
        var client = clients.get(clientId);
        return client != null && client.getShard() != shard;
    }

    private void removeNatSession(NatSession session) {
        var known = natSessions.get(session.getClientId());
        if (known != null && known.remove(NatKey.of(session)) != null && known.isEmpty()) {
            natSessions.remove(session.getClientId());
        }
    }

    private void clear() {
        singular = Snapshot.getDefaultInstance();
        relays.clear();
        shardPorts.clear();
        clients.clear();
        peers.clear();
        authorizations.clear();
        dnsMappings.clear();
        natSessions.clear();
    }

    private void merge(Snapshot part) {
        var builder = singular.toBuilder();
        if (part.hasKeyPair()) {
            builder.setKeyPair(part.getKeyPair());
        }
        if (part.hasInterface()) {
            builder.setInterface(part.getInterface());
        }
        if (part.hasUdpPort()) {
            builder.setUdpPort(part.getUdpPort());
        }
        singular = builder.build();
        part.getShardPortsList().forEach(port -> shardPorts.put(port.getShard(), port));
        part.getRelaysList().forEach(relay -> relays.put(relayKey(relay), relay));
        part.getClientsList().forEach(this::put);
        part.getPeersList().forEach(peer -> peers.put(peer.getClientId(), peer));
        part.getAuthorizationsList().forEach(one -> authorizations.put(text(one.getKey()), one));
        part.getDnsMappingsList().forEach(one -> dnsMappings.put(text(one.getKey()), one));
        part.getNatSessionsList().stream()
                .filter(one -> clients.containsKey(one.getClientId())) // not of one revoked
                .forEach(
                        one ->
                                natSessions
                                        .computeIfAbsent(
                                                one.getClientId(), _ -> new LinkedHashMap<>())
                                        .put(NatKey.of(one), one));
    }

    /// A client that has moved to another shard begins there without translations.
    private void put(Client client) {
        var before = clients.put(client.getId(), client);
        if (before != null && before.getShard() != client.getShard()) {
            natSessions.remove(client.getId());
        }
    }

    private void removeClient(String id) {
        clients.remove(id);
        peers.remove(id);
        natSessions.remove(id);
        authorizations.values().removeIf(one -> one.getKey().getClientId().equals(id));
        dnsMappings.values().removeIf(one -> one.getKey().getClientId().equals(id));
    }

    /// Removes one authorization and what hangs on it; a client without any is forgotten.
    void removeAuthorization(AuthorizationKey key) {
        authorizations.remove(text(key));
        dnsMappings
                .values()
                .removeIf(
                        one ->
                                one.getKey().getClientId().equals(key.getClientId())
                                        && one.getKey()
                                                .getResourceId()
                                                .equals(key.getResourceId()));
        var isLast =
                authorizations.values().stream()
                        .noneMatch(one -> one.getKey().getClientId().equals(key.getClientId()));
        if (isLast) {
            removeClient(key.getClientId());
        }
    }

    void updateExpiry(AuthorizationKey key, OptionalLong expiresAt) {
        authorizations.computeIfPresent(
                text(key),
                (_, one) -> {
                    var builder = one.toBuilder().clearExpiresAt();
                    expiresAt.ifPresent(builder::setExpiresAt);
                    return builder.build();
                });
    }

    /// Replaces the filters of a resource, as its update means.
    void updateResource(Resource resource) {
        authorizations.replaceAll(
                (_, one) ->
                        one.getResource().getId().equals(resource.getId())
                                ? withFilters(one, resource)
                                : one);
    }

    private static Authorization withFilters(Authorization one, Resource resource) {
        var changed =
                one.getResource().toBuilder()
                        .clearFilters()
                        .addAllFilters(resource.getFiltersList());
        return one.toBuilder().setResource(changed).build();
    }

    /// Removes what the portal did not list and takes its expiries.
    void reconcile(List<ReconcileRequest.Entry> listed) {
        var keep = new TreeSet<String>();
        for (var entry : listed) {
            keep.add(text(entry.getKey()));
            updateExpiry(
                    entry.getKey(),
                    entry.hasExpiresAt()
                            ? OptionalLong.of(entry.getExpiresAt())
                            : OptionalLong.empty());
        }
        List.copyOf(authorizations.values()).stream()
                .map(Authorization::getKey)
                .filter(key -> !keep.contains(text(key)))
                .forEach(this::removeAuthorization);
    }

    void removeExpired(long nowUnixSeconds) {
        List.copyOf(authorizations.values()).stream()
                .filter(one -> one.hasExpiresAt() && one.getExpiresAt() <= nowUnixSeconds)
                .map(Authorization::getKey)
                .forEach(this::removeAuthorization);
    }

    /// The public key of the run, once there is one.
    Optional<byte[]> publicKey() {
        return singular.hasKeyPair()
                ? Optional.of(singular.getKeyPair().getPublicKey().toByteArray())
                : Optional.empty();
    }

    int clientCount() {
        return clients.size();
    }

    int authorizationCount() {
        return authorizations.size();
    }

    /// Everything, in parts small enough to send; empty if nothing is held.
    List<Snapshot> toParts() {
        if (!singular.hasKeyPair()) {
            return List.of();
        }
        var parts = new Parts();
        parts.add(singular, Snapshot.Builder::mergeFrom);
        shardPorts.values().forEach(one -> parts.add(one, Snapshot.Builder::addShardPorts));
        relays.values().forEach(one -> parts.add(one, Snapshot.Builder::addRelays));
        clients.values().forEach(one -> parts.add(one, Snapshot.Builder::addClients));
        peers.values().forEach(one -> parts.add(one, Snapshot.Builder::addPeers));
        authorizations.values().forEach(one -> parts.add(one, Snapshot.Builder::addAuthorizations));
        dnsMappings.values().forEach(one -> parts.add(one, Snapshot.Builder::addDnsMappings));
        natSessions.values().stream()
                .flatMap(ofClient -> ofClient.values().stream())
                .forEach(one -> parts.add(one, Snapshot.Builder::addNatSessions));
        return parts.finish();
    }

    private static final class Parts {
        private final List<Snapshot> finished = new ArrayList<>();
        private Snapshot.Builder current = Snapshot.newBuilder();
        private int length;

        <M extends Message> void add(M message, BiConsumer<Snapshot.Builder, M> adder) {
            if (length + message.getSerializedSize() > PART_LENGTH_MAX && length > 0) {
                finished.add(current.build());
                current = Snapshot.newBuilder();
                length = 0;
            }
            adder.accept(current, message);
            length += message.getSerializedSize();
        }

        List<Snapshot> finish() {
            finished.add(current.build());
            return List.copyOf(finished);
        }
    }

    private static String relayKey(RelayState relay) {
        return relayKey(relay.getRelay().getId(), relay.getShard());
    }

    private static String relayKey(String id, int shard) {
        return id + "/" + shard;
    }

    private static String text(AuthorizationKey key) {
        return key.getClientId() + "/" + key.getResourceId();
    }

    private static String text(DnsMappingKey key) {
        return key.getClientId() + "/" + key.getResourceId() + "/" + key.getDomain();
    }
}
