package dev.gatehouse.connectivity.path;

import dev.gatehouse.turn.Datagram;
import dev.gatehouse.turn.Payload;
import dev.gatehouse.wire.Endpoint;
import java.util.ArrayDeque;

/// Single datagrams to send, in order. When full the datagram is refused and counted: all of them
/// are requests that are retried, or answers to such.
final class DatagramQueue {
    private final int capacity;
    private final DropCounters drops;
    private final ArrayDeque<Datagram> datagrams = new ArrayDeque<>();

    DatagramQueue(int capacity, DropCounters drops) {
        this.capacity = capacity;
        this.drops = drops;
    }

    void add(Endpoint local, Endpoint remote, byte[] payload) {
        if (datagrams.size() == capacity) {
            drops.count(DropReason.CONTROL_QUEUE_FULL);
            return;
        }
        datagrams.add(new Datagram(local, remote, new Payload(payload)));
    }

    /// The oldest datagram, or null.
    Datagram poll() {
        return datagrams.poll();
    }
}
