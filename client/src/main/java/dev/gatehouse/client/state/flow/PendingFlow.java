package dev.gatehouse.client.state.flow;

import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.name.ParkedPackets;
import dev.gatehouse.wire.IpPacket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// A flow that was asked for or is about to be, and what waits for it. There is no timer: only
/// traffic asks again.
public final class PendingFlow {
    private static final int PACKETS_MAX = 128;

    private final ParkedPackets packets = new ParkedPackets(PACKETS_MAX);
    private final ParkedPackets queries = new ParkedPackets(PACKETS_MAX);
    private final Deque<TcpDnsQuery> tcpQueries = new ArrayDeque<>();
    private boolean asked;
    private boolean refused;

    /// False while nothing but the pace holds the request back.
    boolean isAsked() {
        return asked;
    }

    /// Whether an answer is under way.
    boolean isAwaited() {
        return asked && !refused;
    }

    void handleAsked() {
        asked = true;
        refused = false;
    }

    /// The portal said no; what waits goes on waiting for another request (client.md 15.4).
    void handleRefused() {
        refused = true;
    }

    public void park(IpPacket packet) {
        packets.park(packet);
    }

    /// A query to a sentinel that the site's gateway is to answer.
    public void parkQuery(IpPacket packet) {
        queries.park(packet);
    }

    /// The same over TCP. The oldest makes room: whoever asked it hears nothing.
    public void park(TcpDnsQuery query) {
        if (tcpQueries.size() == PACKETS_MAX) {
            tcpQueries.removeFirst();
        }
        tcpQueries.add(query);
    }

    /// Takes all of them, in order, as do the next two.
    public List<byte[]> takePackets() {
        return packets.takeAll();
    }

    public List<byte[]> takeQueries() {
        return queries.takeAll();
    }

    public List<TcpDnsQuery> takeTcpQueries() {
        var taken = List.copyOf(tcpQueries);
        tcpQueries.clear();
        return taken;
    }
}
