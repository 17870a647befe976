package dev.gatehouse.dataplane.shard;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.PlaintextSink;
import dev.gatehouse.dataplane.dns.NameLookup;
import dev.gatehouse.dataplane.gateway.GatewayOutput;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.transport.tun.TunGoneException;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Ecn;
import dev.gatehouse.wire.PacketBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/// Packets between the tunnels and the TUN device, run by run and in place.
///
/// What the state lets through of one batch is written, or sealed, in as few calls as order allows.
/// Owned by the shard's thread; allocates nothing per packet.
final class PacketPath implements PlaintextSink, GatewayOutput {
    /// The shared buffer of a batch, and two views of it: all packets of one peer, and those that
    /// go to the TUN device.
    private record Views(ByteBuffer buffer, PacketBatch run, PacketBatch kept) {}

    private static final int VIEWS = 4;

    private final Node node;
    private final GatewayState state;
    private final ShardIo io;
    private final Views[] views = new Views[VIEWS];
    private int nextView;
    private Views inbound;

    private final PacketBatch control = PacketBatch.allocate(2048, 1);
    private PacketBatch outbound;
    private String runClientId = "";
    private int runFrom;
    private int runCount;
    private long nowNs;

    PacketPath(Node node, GatewayState state, ShardIo io) {
        this.node = node;
        this.state = state;
        this.io = io;
    }

    /// Decrypted packets of a client.
    @Override
    public void handlePlaintexts(
            String peerId, PacketBatch packets, int from, int count, long nowNs) {
        this.nowNs = nowNs;
        Ecn.carryCongestion(packets, from, count);
        inbound = viewsOf(packets);
        inbound.run.clear();
        inbound.kept.clear();
        for (int i = from; i < from + count; i++) {
            if (packets.length(i) > 0) {
                inbound.run.add(packets.offset(i), packets.length(i), packets.ecn(i));
            }
        }
        state.handleFromPeer(peerId, inbound.run, this, nowNs);
        write(inbound.kept, 0, inbound.kept.count());
    }

    private Views viewsOf(PacketBatch packets) {
        for (var view : views) {
            if (view != null && view.buffer == packets.buffer()) {
                return view;
            }
        }
        int max = packets.packetsMax();
        var buffer = packets.buffer();
        var made = new Views(buffer, new PacketBatch(buffer, max), new PacketBatch(buffer, max));
        views[nextView] = made;
        nextView = (nextView + 1) % VIEWS;
        return made;
    }

    @Override
    public void toTun(PacketBatch packets, int index) {
        if (inbound != null && packets == inbound.run) {
            inbound.kept.add(packets.offset(index), packets.length(index), packets.ecn(index));
        } else {
            write(packets, index, 1);
        }
    }

    private void write(PacketBatch packets, int from, int count) {
        try {
            io.tun().write(packets, from, count);
        } catch (TunGoneException _) {
            // lost; the next read finds out, too, and has the device made again
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Packets of the TUN device.
    void handleFromTun(PacketBatch packets, long nowNs) {
        this.nowNs = nowNs;
        outbound = packets;
        state.handleFromTun(packets, this, nowNs);
        sealRun();
        outbound = null;
    }

    @Override
    public void toPeer(String clientId, PacketBatch packets, int index) {
        if (packets != outbound) {
            seal(clientId, packets, index, 1);
            return;
        }
        boolean follows = index == runFrom + runCount && clientId.equals(runClientId);
        if (runCount == 0 || !follows) {
            sealRun();
            runClientId = clientId;
            runFrom = index;
        }
        runCount++;
    }

    private void sealRun() {
        if (runCount > 0) {
            seal(runClientId, outbound, runFrom, runCount);
            runCount = 0;
        }
    }

    private void seal(String clientId, PacketBatch packets, int from, int count) {
        int done = node.encapsulate(clientId, packets, from, count, nowNs);
        while (done < count && node.hasPath(clientId)) {
            drain(); // the send buffer was full
            int taken = node.encapsulate(clientId, packets, from + done, count - done, nowNs);
            if (taken == 0) {
                return;
            }
            done += taken;
        }
    }

    private void drain() {
        try {
            io.drain(node);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Answers to a look-up: a control packet for the client.
    void handleAnswer(NameLookup.Answer answer, long nowNs) {
        this.nowNs = nowNs;
        long requestId = answer.requestId();
        if (answer.addresses().isPresent()) {
            state.handleResolved(requestId, answer.addresses().get(), this, nowNs);
        } else {
            state.handleResolveFailed(requestId, this, nowNs);
        }
    }

    /// Tells a client that its connection ends, if a path leads to it.
    void sayGoodbye(String clientId, long nowNs) {
        if (!node.hasPath(clientId)) {
            return;
        }
        this.nowNs = nowNs;
        int length =
                P2pControl.encode(
                        new P2pEvent.Goodbye(), control.buffer(), PacketBatch.HEADROOM_LENGTH);
        control.clear();
        control.add(PacketBatch.HEADROOM_LENGTH, length, Ecn.NOT_ECT);
        seal(clientId, control, 0, 1);
    }
}
