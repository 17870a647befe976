package dev.gatehouse.connectivity;

import dev.gatehouse.wire.PacketBatch;
import java.util.ArrayDeque;

/// Packets that wait for a session. The oldest make room, and the loss is counted.
final class ParkedPackets {
    private record Packet(Payload payload, int ecn) {}

    private final DropCounters drops;
    private final ArrayDeque<Packet> packets = new ArrayDeque<>();

    ParkedPackets(DropCounters drops) {
        this.drops = drops;
    }

    boolean isEmpty() {
        return packets.isEmpty();
    }

    int size() {
        return packets.size();
    }

    void park(PacketBatch batch, int from, int count, int packetsMax) {
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
    void copyTo(PacketBatch batch) {
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
    void remove(int count) {
        for (int i = 0; i < count; i++) {
            packets.removeFirst();
        }
    }

    void dropAll() {
        drops.count(DropReason.PARKED_OVERFLOW, packets.size());
        packets.clear();
    }
}
