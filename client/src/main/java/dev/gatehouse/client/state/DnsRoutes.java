package dev.gatehouse.client.state;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.LookupTable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Predicate;

/// Queries on their way through a tunnel, by server, id and port. Remembered for 60 s; the oldest
/// makes room (client.md 12.3).
final class DnsRoutes {
    private static final int ENTRIES_MAX = 4096;
    private static final long KEPT_NS = Duration.ofSeconds(60).toNanos();
    private static final int PORTS_LENGTH = 4;
    private static final int DESTINATION_PORT_OFFSET = 2;

    private record Key(Endpoint server, int queryId, int clientPort) {}

    /// What an error of the network still tells of a query.
    private record Flow(Endpoint server, int clientPort) {}

    /// A query that will not be answered.
    record Failed(DnsProxy.Asked asked, Endpoint server) {}

    private record Entry(Key key, DnsProxy.Asked asked, long expiresAtNs) {
        Flow flow() {
            return new Flow(key.server, key.clientPort);
        }
    }

    private final LookupTable<Key, Entry> entries = new LookupTable<>();
    private final LookupTable<Flow, Entry> latest = new LookupTable<>();
    private final ArrayDeque<Entry> oldestFirst = new ArrayDeque<>();

    /// Sends a query to a sentinel on to the real server.
    void redirect(IpPacket query, Endpoint server, DnsProxy.Asked asked, long nowNs) {
        add(server, query.sourcePort(), asked, nowNs);
        query.destination(server.address().high(), server.address().low());
        query.destinationPort(server.port());
    }

    /// Remembers a query that is sent as it is.
    void add(Endpoint server, int clientPort, DnsProxy.Asked asked, long nowNs) {
        forgetOld(nowNs);
        var key = new Key(server, asked.query().getHeader().getID(), clientPort);
        var entry = new Entry(key, asked, nowNs + KEPT_NS);
        entries.put(key, entry);
        latest.put(entry.flow(), entry);
        oldestFirst.add(entry);
    }

    private void forgetOld(long nowNs) {
        while (!oldestFirst.isEmpty()
                && (nowNs >= oldestFirst.peek().expiresAtNs || oldestFirst.size() >= ENTRIES_MAX)) {
            forget(oldestFirst.remove());
        }
    }

    private void forget(Entry old) {
        if (entries.get(old.key) == old) {
            entries.remove(old.key);
        }
        if (latest.get(old.flow()) == old) {
            latest.remove(old.flow());
        }
    }

    /// The query that a packet seems to answer, or null.
    DnsProxy.Asked find(IpPacket answer, long nowNs) {
        var entry = entry(answer);
        return entry == null || nowNs >= entry.expiresAtNs ? null : entry.asked;
    }

    /// It was answered.
    void remove(IpPacket answer) {
        var entry = entry(answer);
        if (entry != null) {
            forget(entry);
        }
    }

    private Entry entry(IpPacket answer) {
        if (entries.isEmpty() || !answer.isUdp() || !hasId(answer)) {
            return null;
        }
        var server = new Endpoint(answer.source(), answer.sourcePort());
        return entries.get(new Key(server, queryId(answer), answer.destinationPort()));
    }

    /// Takes the query that an ICMP error is about, or returns null.
    ///
    /// @param destination of the packet inside the error
    /// @param transport where its ports are; the id may have been cut off
    Failed takeFailed(IpPacket error, IpAddress destination, int transport, long nowNs) {
        if (transport + PORTS_LENGTH > error.offset() + error.totalLength()) {
            return null;
        }
        var buffer = error.buffer();
        int clientPort = Short.toUnsignedInt(buffer.getShort(transport));
        int port = Short.toUnsignedInt(buffer.getShort(transport + DESTINATION_PORT_OFFSET));
        var entry = latest.get(new Flow(new Endpoint(destination, port), clientPort));
        if (entry == null || nowNs >= entry.expiresAtNs) {
            return null;
        }
        forget(entry);
        return new Failed(entry.asked, entry.key.server);
    }

    /// Takes all queries to some servers.
    List<DnsProxy.Asked> takeAll(Predicate<IpAddress> server) {
        var taken =
                oldestFirst.stream()
                        .filter(entry -> entries.get(entry.key) == entry)
                        .filter(entry -> server.test(entry.key.server.address()))
                        .toList();
        taken.forEach(this::forget);
        return taken.stream().map(Entry::asked).toList();
    }

    private static boolean hasId(IpPacket packet) {
        return packet.transportLength() >= IpPacket.UDP_HEADER_LENGTH + DnsMessages.HEADER_LENGTH;
    }

    private static int queryId(IpPacket packet) {
        return Short.toUnsignedInt(packet.buffer().getShort(packet.payloadOffset()));
    }

    void clear() {
        entries.clear();
        latest.clear();
        oldestFirst.clear();
    }
}
