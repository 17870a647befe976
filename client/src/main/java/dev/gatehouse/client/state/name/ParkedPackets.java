package dev.gatehouse.client.state.name;

import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Packets that wait for something: no two alike, a repeated TCP SYN replaces the first one, and
/// the oldest makes room (client.md 15.2).
public final class ParkedPackets {
    private final int capacity;
    private final List<byte[]> packets = new ArrayList<>();
    private final IpPacket parked = new IpPacket();

    public ParkedPackets(int capacity) {
        this.capacity = capacity;
    }

    public void park(IpPacket packet) {
        var bytes = new byte[packet.totalLength()];
        packet.buffer().get(packet.offset(), bytes);
        for (int i = 0; i < packets.size(); i++) {
            if (Arrays.equals(packets.get(i), bytes)) {
                return;
            }
            if (isSameSyn(packet, packets.get(i))) {
                packets.set(i, bytes);
                return;
            }
        }
        if (packets.size() == capacity) {
            packets.removeFirst();
        }
        packets.add(bytes);
    }

    private boolean isSameSyn(IpPacket packet, byte[] other) {
        if (!isSyn(packet)) {
            return false;
        }
        var buffer = java.nio.ByteBuffer.wrap(other);
        return parked.wrap(buffer, 0, other.length)
                && isSyn(parked)
                && parked.isFrom(packet.source())
                && parked.isTo(packet.destination())
                && parked.sourcePort() == packet.sourcePort()
                && parked.destinationPort() == packet.destinationPort()
                && sequence(parked) == sequence(packet);
    }

    private static boolean isSyn(IpPacket packet) {
        return packet.isTcp()
                && (packet.tcpFlags() & (IpPacket.TCP_SYN | IpPacket.TCP_ACK)) == IpPacket.TCP_SYN;
    }

    private static int sequence(IpPacket packet) {
        return packet.buffer().getInt(packet.transportOffset() + 4);
    }

    int size() {
        return packets.size();
    }

    /// Takes all packets, in order, and forgets them.
    public List<byte[]> takeAll() {
        var taken = List.copyOf(packets);
        packets.clear();
        return taken;
    }

    /// Fills an empty batch with one packet, room before and behind it.
    public static void copy(byte[] packet, PacketBatch batch) {
        batch.clear();
        batch.buffer().put(PacketBatch.HEADROOM_LENGTH, packet);
        batch.add(PacketBatch.HEADROOM_LENGTH, packet.length, 0);
    }
}
