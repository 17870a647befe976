package dev.gatehouse.client.state;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.LookupTable;
import java.time.Duration;
import java.util.ArrayDeque;

/// Queries on their way through a tunnel: which sentinel an answer has to come from. Remembered for
/// 60 s; the oldest makes room (client.md 12.3).
final class DnsRoutes {
    private static final int ENTRIES_MAX = 4096;
    private static final long KEPT_NS = Duration.ofSeconds(60).toNanos();

    private record Key(Endpoint server, int queryId, int clientPort) {}

    private record Entry(Key key, IpAddress sentinel, long expiresAtNs) {}

    private final LookupTable<Key, Entry> entries = new LookupTable<>();
    private final ArrayDeque<Entry> oldestFirst = new ArrayDeque<>();

    /// Sends a query to a sentinel on to the real server.
    void redirect(IpPacket query, Endpoint server, long nowNs) {
        forgetOld(nowNs);
        var key = new Key(server, queryId(query), query.sourcePort());
        var entry = new Entry(key, query.destination(), nowNs + KEPT_NS);
        entries.put(key, entry);
        oldestFirst.add(entry);
        query.destination(server.address().high(), server.address().low());
        query.destinationPort(server.port());
    }

    private void forgetOld(long nowNs) {
        while (!oldestFirst.isEmpty()
                && (nowNs >= oldestFirst.peek().expiresAtNs || oldestFirst.size() >= ENTRIES_MAX)) {
            var old = oldestFirst.remove();
            if (entries.get(old.key) == old) {
                entries.remove(old.key);
            }
        }
    }

    /// Makes an answer come from its sentinel; false if the packet is no answer to a query of ours.
    boolean restore(IpPacket answer, long nowNs) {
        if (entries.isEmpty() || !answer.isUdp() || !hasId(answer)) {
            return false;
        }
        var server = new Endpoint(answer.source(), answer.sourcePort());
        var entry = entries.remove(new Key(server, queryId(answer), answer.destinationPort()));
        if (entry == null || nowNs >= entry.expiresAtNs) {
            return false;
        }
        answer.source(entry.sentinel.high(), entry.sentinel.low());
        answer.sourcePort(AddressPlan.DNS_PORT);
        return true;
    }

    private static boolean hasId(IpPacket packet) {
        return packet.transportLength() >= IpPacket.UDP_HEADER_LENGTH + DnsMessages.HEADER_LENGTH;
    }

    private static int queryId(IpPacket packet) {
        return Short.toUnsignedInt(packet.buffer().getShort(packet.payloadOffset()));
    }

    void clear() {
        entries.clear();
        oldestFirst.clear();
    }
}
