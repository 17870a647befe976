package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.flow.IcmpError;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.LookupTable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Predicate;

/// Queries on their way through a tunnel, by server, id and port. Remembered for 60 s; the oldest
/// makes room (client.md 12.3).
///
/// A server that was said to be out of reach over UDP is not asked over UDP for 5 s, 64 servers at
/// the most: the one error stands for all queries on their way to it, and for those to come.
final class DnsRoutes {
    private static final int ENTRIES_MAX = 4096;
    private static final long KEPT_NS = Duration.ofSeconds(60).toNanos();
    private static final int REFUSED_MAX = 64;
    private static final long REFUSED_NS = Duration.ofSeconds(5).toNanos();
    private static final int PORTS_LENGTH = 4;
    private static final int DESTINATION_PORT_OFFSET = 2;

    private record Key(Endpoint server, int queryId, int clientPort) {}

    /// What an error of the network still tells of a query.
    private record Flow(Endpoint server, int clientPort) {}

    /// Queries that will not be answered.
    record Failed(List<Asked> asked, Endpoint server) {}

    private record Entry(Key key, Asked asked, long expiresAtNs) {
        Flow flow() {
            return new Flow(key.server, key.clientPort);
        }
    }

    private final LookupTable<Key, Entry> entries = new LookupTable<>();
    private final LookupTable<Flow, Entry> latest = new LookupTable<>();
    private final ArrayDeque<Entry> oldestFirst = new ArrayDeque<>();
    private final LinkedHashMap<Endpoint, Long> refusedUntilNs = new LinkedHashMap<>();

    /// Sends a query to a sentinel on to the real server.
    void redirect(IpPacket query, Endpoint server, Asked asked, long nowNs) {
        add(server, query.sourcePort(), asked, nowNs);
        query.destination(server.address().high(), server.address().low());
        query.destinationPort(server.port());
    }

    /// Remembers a query that is sent as it is.
    void add(Endpoint server, int clientPort, Asked asked, long nowNs) {
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
    Asked find(IpPacket answer, long nowNs) {
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

    /// Takes the query that an ICMP error is about, or returns null. If nothing else can reach the
    /// server either, takes all that are on their way to it: the error tells of one only, and the
    /// next may tell of one that was taken, as its id is cut off.
    ///
    /// @param destination of the packet inside the error
    Failed takeFailed(IpPacket error, IpAddress destination, long nowNs) {
        int transport = IcmpError.transportOffset(error);
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
        var server = entry.key.server;
        if (IcmpError.isUnreachable(error)) {
            refuse(server, nowNs);
            return new Failed(takeAll(server::equals), server);
        }
        forget(entry);
        return new Failed(List.of(entry.asked), server);
    }

    private void refuse(Endpoint server, long nowNs) {
        refusedUntilNs.remove(server);
        if (refusedUntilNs.size() >= REFUSED_MAX) {
            refusedUntilNs.pollFirstEntry();
        }
        refusedUntilNs.put(server, nowNs + REFUSED_NS);
    }

    /// Whether a server is not to be asked over UDP.
    boolean isRefused(Endpoint server, long nowNs) {
        var until = refusedUntilNs.get(server);
        return until != null && nowNs < until;
    }

    /// What is allowed has changed.
    void forgetRefused() {
        refusedUntilNs.clear();
    }

    /// Takes all queries to some servers.
    List<Asked> takeAll(Predicate<Endpoint> server) {
        var taken =
                oldestFirst.stream()
                        .filter(entry -> entries.get(entry.key) == entry)
                        .filter(entry -> server.test(entry.key.server))
                        .toList();
        taken.forEach(this::forget);
        return taken.stream().map(Entry::asked).toList();
    }

    private static boolean hasId(IpPacket packet) {
        return packet.transportLength() >= IpPacket.UDP_HEADER_LENGTH + DnsPayload.HEADER_LENGTH;
    }

    private static int queryId(IpPacket packet) {
        return Short.toUnsignedInt(packet.buffer().getShort(packet.payloadOffset()));
    }

    void clear() {
        entries.clear();
        latest.clear();
        oldestFirst.clear();
        refusedUntilNs.clear();
    }
}
