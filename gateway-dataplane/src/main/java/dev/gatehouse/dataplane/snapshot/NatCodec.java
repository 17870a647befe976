package dev.gatehouse.dataplane.snapshot;

import com.google.protobuf.ByteString;
import dev.gatehouse.dataplane.gateway.nat.NatChanges;
import dev.gatehouse.dataplane.gateway.nat.NatFlow;
import dev.gatehouse.rpc.Delta;
import dev.gatehouse.rpc.NatSession;
import dev.gatehouse.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;

/// Translations in the words of the contract, and back. What is malformed is an
/// [IllegalArgumentException].
public final class NatCodec {
    /// In one delta, which stays below every message limit on the way: at most 110 bytes each.
    private static final int SESSIONS_PER_DELTA_MAX = 500;

    private NatCodec() {}

    /// What is gone comes before what is told, also where they are in different deltas.
    public static List<Delta> deltas(NatChanges changes, int shard) {
        var deltas = new ArrayList<Delta>();
        var gone = changes.gone();
        for (int i = 0; i < gone.size(); i += SESSIONS_PER_DELTA_MAX) {
            var delta = Delta.newBuilder().setShard(shard);
            slice(gone, i).forEach(flow -> delta.addRemovedNatSessions(key(flow)));
            deltas.add(delta.build());
        }
        var changed = changes.changed();
        for (int i = 0; i < changed.size(); i += SESSIONS_PER_DELTA_MAX) {
            var delta = Delta.newBuilder().setShard(shard);
            slice(changed, i).forEach(f -> delta.getChangedBuilder().addNatSessions(encode(f)));
            deltas.add(delta.build());
        }
        return deltas;
    }

    private static List<NatFlow> slice(List<NatFlow> flows, int from) {
        return flows.subList(from, Math.min(flows.size(), from + SESSIONS_PER_DELTA_MAX));
    }

    static NatSession encode(NatFlow flow) {
        return key(flow)
                .setReal(bytes(flow.real()))
                .setOutsideId(flow.outsideId())
                .setAnswered(flow.answered())
                .setFinOutbound(flow.finOutbound())
                .setFinInbound(flow.finInbound())
                .build();
    }

    private static NatSession.Builder key(NatFlow flow) {
        return NatSession.newBuilder()
                .setClientId(flow.clientId())
                .setProtocol(flow.protocol())
                .setProxy(bytes(flow.proxy()))
                .setInsideId(flow.insideId());
    }

    private static ByteString bytes(IpAddress address) {
        return ByteString.copyFrom(address.toBytes());
    }

    static NatFlow decode(NatSession message) {
        return new NatFlow(
                message.getClientId(),
                message.getProtocol(),
                IpAddress.ofBytes(message.getProxy().toByteArray()),
                message.getInsideId(),
                IpAddress.ofBytes(message.getReal().toByteArray()),
                message.getOutsideId(),
                message.getAnswered(),
                message.getFinOutbound(),
                message.getFinInbound());
    }
}
