package dev.gatehouse.dataplane.snapshot;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.gatehouse.rpc.NatSession;
import dev.gatehouse.rpc.RelayState;
import dev.gatehouse.rpc.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;

/// Cuts a snapshot into messages of bounded size and puts such parts together again.
public final class SnapshotParts {
    /// Bytes; below every message limit on the way.
    public static final int PART_BYTES_MAX = 64 * 1024;

    private SnapshotParts() {}

    private record RelayKey(String id, int shard) {
        static RelayKey of(RelayState state) {
            return new RelayKey(state.getRelay().getId(), state.getShard());
        }
    }

    private record NatKey(String clientId, int protocol, int insideId, ByteString proxy) {
        static NatKey of(NatSession session) {
            return new NatKey(
                    session.getClientId(),
                    session.getProtocol(),
                    session.getInsideId(),
                    session.getProxy());
        }
    }

    /// As `Snapshot` says: singular fields that are set replace, repeated ones add, or replace the
    /// element of the same id.
    public static Snapshot join(List<Snapshot> parts) {
        var all = Snapshot.newBuilder();
        parts.forEach(all::mergeFrom);
        var joined = all.build();
        return joined.toBuilder()
                .clearRelays()
                .addAllRelays(byId(joined.getRelaysList(), RelayKey::of))
                .clearShardPorts()
                .addAllShardPorts(byId(joined.getShardPortsList(), p -> p.getShard()))
                .clearClients()
                .addAllClients(byId(joined.getClientsList(), c -> c.getId()))
                .clearPeers()
                .addAllPeers(byId(joined.getPeersList(), p -> p.getClientId()))
                .clearAuthorizations()
                .addAllAuthorizations(byId(joined.getAuthorizationsList(), a -> a.getKey()))
                .clearDnsMappings()
                .addAllDnsMappings(byId(joined.getDnsMappingsList(), d -> d.getKey()))
                .clearNatSessions()
                .addAllNatSessions(byId(joined.getNatSessionsList(), NatKey::of))
                .build();
    }

    private static <M, K> Iterable<M> byId(List<M> elements, Function<M, K> id) {
        Map<K, M> last = new LinkedHashMap<>();
        elements.forEach(element -> last.put(id.apply(element), element));
        return last.values();
    }

    /// At least one part; an element larger than a part goes alone.
    public static List<Snapshot> cut(Snapshot whole, int partBytesMax) {
        var cutter = new Cutter(partBytesMax);
        var head = Snapshot.newBuilder();
        if (whole.hasKeyPair()) {
            head.setKeyPair(whole.getKeyPair());
        }
        if (whole.hasInterface()) {
            head.setInterface(whole.getInterface());
        }
        if (whole.hasUdpPort()) {
            head.setUdpPort(whole.getUdpPort());
        }
        head.addAllShardPorts(whole.getShardPortsList());
        cutter.begin(head);
        cutter.addAll(whole.getRelaysList(), Snapshot.Builder::addRelays);
        cutter.addAll(whole.getClientsList(), Snapshot.Builder::addClients);
        cutter.addAll(whole.getPeersList(), Snapshot.Builder::addPeers);
        cutter.addAll(whole.getAuthorizationsList(), Snapshot.Builder::addAuthorizations);
        cutter.addAll(whole.getDnsMappingsList(), Snapshot.Builder::addDnsMappings);
        cutter.addAll(whole.getNatSessionsList(), Snapshot.Builder::addNatSessions);
        return cutter.finish();
    }

    private static final class Cutter {
        private final int partBytesMax;
        private final List<Snapshot> parts = new ArrayList<>();
        private Snapshot.Builder part;
        private int bytes;

        Cutter(int partBytesMax) {
            this.partBytesMax = partBytesMax;
        }

        void begin(Snapshot.Builder first) {
            part = first;
            bytes = first.build().getSerializedSize();
        }

        <M extends Message> void addAll(List<M> elements, BiConsumer<Snapshot.Builder, M> add) {
            for (var element : elements) {
                int size = element.getSerializedSize() + 6; // tag and length
                if (bytes > 0 && bytes + size > partBytesMax) {
                    parts.add(part.build());
                    begin(Snapshot.newBuilder());
                }
                add.accept(part, element);
                bytes += size;
            }
        }

        List<Snapshot> finish() {
            parts.add(part.build());
            return parts;
        }
    }
}
