package dev.gatehouse.client.state;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// A flow that was asked for, and what waits for it. There is no timer: only traffic asks again.
final class PendingFlow {
    private static final int PACKETS_MAX = 128;
    private static final long REPEAT_AFTER_NS = Duration.ofSeconds(2).toNanos();

    final ParkedPackets packets = new ParkedPackets(PACKETS_MAX);
    /// Queries to a sentinel that the site's gateway is to answer.
    final ParkedPackets queries = new ParkedPackets(PACKETS_MAX);

    private final Deque<TcpDnsQuery> tcpQueries = new ArrayDeque<>();
    private long askedAtNs;

    PendingFlow(long nowNs) {
        askedAtNs = nowNs;
    }

    /// Returns true if it is time to ask again; then that counts as done.
    boolean handleTrigger(long nowNs) {
        if (nowNs < askedAtNs + REPEAT_AFTER_NS) {
            return false;
        }
        askedAtNs = nowNs;
        return true;
    }

    /// The oldest makes room: whoever asked it hears nothing.
    void park(TcpDnsQuery query) {
        if (tcpQueries.size() == PACKETS_MAX) {
            tcpQueries.removeFirst();
        }
        tcpQueries.add(query);
    }

    /// Takes all of them, in order.
    List<TcpDnsQuery> takeTcpQueries() {
        var taken = List.copyOf(tcpQueries);
        tcpQueries.clear();
        return taken;
    }

    void handleAsked(long nowNs) {
        askedAtNs = nowNs;
    }
}
