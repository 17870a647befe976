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
import java.util.function.Consumer;

/// The control plane's copy of what a new data plane must know. In memory only: it holds keys.
///
/// Revocations and expiries change it before the data plane confirms them, so that nothing revoked
/// is ever handed on.
final class SnapshotStore {
    private static final int PART_LENGTH_MAX = 128 << 10; // bytes; half of gRPC's usual limit

    private Snapshot singular = Snapshot.getDefaultInstance(); // key pair, interface, port
    private final NavigableMap<String, RelayState> relays = new TreeMap<>();
    private final NavigableMap<Integer, ShardPort> shardPorts = new TreeMap<>();
    private final NavigableMap<String, Held> byClient = new TreeMap<>();
    private final List<Snapshot> incoming = new ArrayList<>();
    private int clients;
    private int authorizations;

    /// What is held of one client, so that what concerns it costs nothing of the others.
    private static final class Held {
        private Optional<Client> client = Optional.empty();
        private Optional<Peer> peer = Optional.empty();
        private final NavigableMap<String, Authorization> authorizations = new TreeMap<>();
        private final NavigableMap<String, NavigableMap<String, DnsMapping>> mappings =
                new TreeMap<>(); // by resource and name
        private final Map<NatKey, NatSession> natSessions = new LinkedHashMap<>();

        boolean isEmpty() {
            return client.isEmpty()
                    && peer.isEmpty()
                    && authorizations.isEmpty()
                    && mappings.isEmpty()
                    && natSessions.isEmpty();
        }
    }

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
                .forEach(this::removePeer);
        delta.getRemovedAuthorizationsList().stream()
                .filter(key -> !isElsewhere(key.getClientId(), shard))
                .forEach(this::removeAuthorization);
        delta.getRemovedDnsMappingsList().stream()
                .filter(key -> !isElsewhere(key.getClientId(), shard))
                .forEach(this::removeMapping);
        delta.getRemovedNatSessionsList().stream()
                .filter(session -> !isElsewhere(session.getClientId(), shard))
                .forEach(this::removeNatSession);
        merge(delta.getChanged());
    }

    private boolean isElsewhere(String clientId, int shard) {
        var held = byClient.get(clientId);
        return held != null && held.client.filter(c -> c.getShard() != shard).isPresent();
    }

    private Held of(String clientId) {
        return byClient.computeIfAbsent(clientId, _ -> new Held());
    }

    private void change(String clientId, Consumer<Held> change) {
        var held = byClient.get(clientId);
        if (held != null) {
            change.accept(held);
            if (held.isEmpty()) {
                byClient.remove(clientId);
            }
        }
    }

    private void removePeer(String clientId) {
        change(clientId, held -> held.peer = Optional.empty());
    }

    private void removeMapping(DnsMappingKey key) {
        change(
                key.getClientId(),
                held -> {
                    var ofResource = held.mappings.get(key.getResourceId());
                    if (ofResource != null
                            && ofResource.remove(key.getDomain()) != null
                            && ofResource.isEmpty()) {
                        held.mappings.remove(key.getResourceId());
                    }
                });
    }

    private void removeNatSession(NatSession session) {
        change(session.getClientId(), held -> held.natSessions.remove(NatKey.of(session)));
    }

    private void clear() {
        singular = Snapshot.getDefaultInstance();
        relays.clear();
        shardPorts.clear();
        byClient.clear();
        clients = 0;
        authorizations = 0;
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
        part.getPeersList().forEach(peer -> of(peer.getClientId()).peer = Optional.of(peer));
        part.getAuthorizationsList().forEach(this::put);
        part.getDnsMappingsList().forEach(this::put);
        part.getNatSessionsList().forEach(this::put);
    }

    /// A client that has moved to another shard begins there without translations.
    private void put(Client client) {
        var held = of(client.getId());
        if (held.client.filter(before -> before.getShard() != client.getShard()).isPresent()) {
            held.natSessions.clear();
        }
        clients += held.client.isEmpty() ? 1 : 0;
        held.client = Optional.of(client);
    }

    private void put(Authorization one) {
        var ofClient = of(one.getKey().getClientId()).authorizations;
        authorizations += ofClient.put(one.getKey().getResourceId(), one) == null ? 1 : 0;
    }

    private void put(DnsMapping one) {
        var key = one.getKey();
        of(key.getClientId())
                .mappings
                .computeIfAbsent(key.getResourceId(), _ -> new TreeMap<>())
                .put(key.getDomain(), one);
    }

    /// Not of a client that was revoked meanwhile.
    private void put(NatSession one) {
        var held = byClient.get(one.getClientId());
        if (held != null && held.client.isPresent()) {
            held.natSessions.put(NatKey.of(one), one);
        }
    }

    private void removeClient(String id) {
        var held = byClient.remove(id);
        if (held != null) {
            clients -= held.client.isPresent() ? 1 : 0;
            authorizations -= held.authorizations.size();
        }
    }

    /// Removes one authorization and what hangs on it; a client without any is forgotten.
    void removeAuthorization(AuthorizationKey key) {
        var held = byClient.get(key.getClientId());
        if (held == null) {
            return;
        }
        if (held.authorizations.remove(key.getResourceId()) != null) {
            authorizations--;
        }
        held.mappings.remove(key.getResourceId());
        if (held.authorizations.isEmpty()) {
            removeClient(key.getClientId());
        }
    }

    void updateExpiry(AuthorizationKey key, OptionalLong expiresAt) {
        var held = byClient.get(key.getClientId());
        if (held != null) {
            held.authorizations.computeIfPresent(
                    key.getResourceId(),
                    (_, one) -> {
                        var builder = one.toBuilder().clearExpiresAt();
                        expiresAt.ifPresent(builder::setExpiresAt);
                        return builder.build();
                    });
        }
    }

    /// Replaces the filters of a resource, as its update means.
    void updateResource(Resource resource) {
        for (var held : byClient.values()) {
            held.authorizations.computeIfPresent(
                    resource.getId(), (_, one) -> withFilters(one, resource));
        }
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
        allAuthorizations().stream()
                .map(Authorization::getKey)
                .filter(key -> !keep.contains(text(key)))
                .forEach(this::removeAuthorization);
    }

    void removeExpired(long nowUnixSeconds) {
        allAuthorizations().stream()
                .filter(one -> one.hasExpiresAt() && one.getExpiresAt() <= nowUnixSeconds)
                .map(Authorization::getKey)
                .forEach(this::removeAuthorization);
    }

    private List<Authorization> allAuthorizations() {
        return byClient.values().stream()
                .flatMap(held -> held.authorizations.values().stream())
                .toList();
    }

    /// The public key of the run, once there is one.
    Optional<byte[]> publicKey() {
        return singular.hasKeyPair()
                ? Optional.of(singular.getKeyPair().getPublicKey().toByteArray())
                : Optional.empty();
    }

    int clientCount() {
        return clients;
    }

    int authorizationCount() {
        return authorizations;
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
        for (var held : byClient.values()) {
            held.client.ifPresent(one -> parts.add(one, Snapshot.Builder::addClients));
        }
        for (var held : byClient.values()) {
            held.peer.ifPresent(one -> parts.add(one, Snapshot.Builder::addPeers));
        }
        for (var held : byClient.values()) {
            held.authorizations
                    .values()
                    .forEach(one -> parts.add(one, Snapshot.Builder::addAuthorizations));
        }
        for (var held : byClient.values()) {
            held.mappings.values().stream()
                    .flatMap(ofResource -> ofResource.values().stream())
                    .forEach(one -> parts.add(one, Snapshot.Builder::addDnsMappings));
        }
        for (var held : byClient.values()) {
            held.natSessions
                    .values()
                    .forEach(one -> parts.add(one, Snapshot.Builder::addNatSessions));
        }
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
}
