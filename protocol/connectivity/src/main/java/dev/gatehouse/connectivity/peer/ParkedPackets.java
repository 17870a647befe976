package dev.gatehouse.connectivity.peer;

import dev.gatehouse.connectivity.path.DropCounters;
import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.turn.Payload;
import dev.gatehouse.wire.PacketBatch;
import java.util.ArrayDeque;

/// Packets that wait for a session. The oldest make room, and the loss is counted.
public final class ParkedPackets {
    private record Packet(Payload payload, int ecn) {}

    private final DropCounters drops;
    private final ArrayDeque<Packet> packets = new ArrayDeque<>();

    /// @param drops counts what found no room
    public ParkedPackets(DropCounters drops) {
        this.drops = drops;
    }

    /// Whether nothing waits.
    public boolean isEmpty() {
        return packets.isEmpty();
    }

    int size() {
        return packets.size();
    }

    /// Keeps copies of `count` packets, the oldest making room beyond `packetsMax`.
    public void park(PacketBatch batch, int from, int count, int packetsMax) {
        for (int i = from; i < from + count; i++) {
            if (batch.length(i) <= 0) {
                continue;
            }
            if (packets.size() >= packetsMax) {
                packets.removeFirst();
                drops.count(DropReason.PARKED_OVERFLOW);
            }
            var bytes = new byte[batch.length(i)];
            batch.buffer().get(batch.offset(i), bytes);
            packets.add(new Packet(new Payload(bytes), batch.ecn(i)));
        }
    }

    /// Copies the oldest packets to `batch`, as many as it holds; they stay until [#remove].
    public void copyTo(PacketBatch batch) {
        batch.clear();
        int offset = 0;
        for (var packet : packets) {
            byte[] bytes = packet.payload().bytes();
            if (batch.isFull() || offset + bytes.length > batch.buffer().capacity()) {
                return;
            }
            batch.buffer().put(offset, bytes);
            batch.add(offset, bytes.length, packet.ecn());
            offset += bytes.length;
        }
    }

    /// Forgets the `count` oldest.
    public void remove(int count) {
        for (int i = 0; i < count; i++) {
            packets.removeFirst();
        }
    }

    /// Forgets and counts what waits.
    public void dropAll() {
        drops.count(DropReason.PARKED_OVERFLOW, packets.size());
        packets.clear();
    }
}
