package dev.gatehouse.client.dns;

import dev.gatehouse.client.state.boundary.DnsAnswers;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.udp.SendOutcome;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks real servers over the host's network, past the tunnel (client.md 12.2). Each query gets a
/// port and an id of its own (see [DnsPorts]); a server that is silent for 5 s is given up. What
/// comes from elsewhere, with another id or to another question is dropped, and the last counted:
/// the true answer may yet come. How many are under way, whoever asks limits.
public final class HostDns {
    private static final Logger LOG = LoggerFactory.getLogger(HostDns.class);
    private static final long NEVER = Long.MAX_VALUE;
    private static final long TIMEOUT_NS = Duration.ofSeconds(5).toNanos();
    private static final int QUERY_LENGTH_MAX = 1500; // longer than any that comes from the TUN

    private record Key(Endpoint server, int id) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byServer = server.compareTo(other.server);
            return byServer != 0 ? byServer : Integer.compare(id, other.id);
        }
    }

    private record Asked(
            Key key, DnsPorts.Port port, long ticket, DnsPayload query, long expiresAtNs) {
        short originalId() {
            return ByteBuffer.wrap(query.bytes()).getShort(0);
        }
    }

    private final DnsPorts ports;
    private final RandomGenerator random;
    private final DnsAnswers answers;
    private final Map<Key, Asked> open = new TreeMap<>();
    private final ArrayDeque<Asked> oldestFirst = new ArrayDeque<>();
    private final DatagramBatch received = UdpSocket.newBatch();
    private final ByteBuffer sent = ByteBuffer.allocateDirect(QUERY_LENGTH_MAX);
    private final Transmit transmit = new Transmit();
    private long mismatched;

    public HostDns(Poller poller, RandomGenerator random, DnsAnswers answers) {
        ports = new DnsPorts(poller, random);
        this.random = random;
        this.answers = answers;
    }

    public void ask(long ticket, Endpoint server, DnsPayload query, long nowNs) throws IOException {
        if (query.bytes().length > QUERY_LENGTH_MAX) {
            answers.handleDnsFailure(ticket);
            return;
        }
        try {
            var port = ports.take(server.family());
            send(port, ticket, server, query, nowNs);
        } catch (IOException e) {
            LOG.debug("no socket for a DNS query: {}", e.getMessage());
            answers.handleDnsFailure(ticket);
        }
    }

    private void send(
            DnsPorts.Port port, long ticket, Endpoint server, DnsPayload query, long nowNs)
            throws IOException {
        var key = new Key(server, random.nextInt(1 << 16));
        while (open.containsKey(key)) {
            key = new Key(server, random.nextInt(1 << 16));
        }
        int length = query.bytes().length;
        sent.put(0, query.bytes());
        sent.putShort(0, (short) key.id);
        transmit.path(Endpoint.any(server.family()), server);
        transmit.content(sent, 0, length, length, 0);
        if (port.socket().send(transmit) != SendOutcome.SENT) {
            ports.giveBack(port);
            answers.handleDnsFailure(ticket);
            return;
        }
        var asked = new Asked(key, port, ticket, query, nowNs + TIMEOUT_NS);
        open.put(key, asked);
        oldestFirst.add(asked);
    }

    /// Returns datagrams received.
    public int receive(long nowNs) throws IOException {
        int work = 0;
        for (var port : ports.open()) {
            int count = port.socket().receive(received);
            for (int i = 0; i < count; i++) {
                int offset = received.packets().offset(i);
                handle(port, offset, received.packets().length(i), nowNs);
            }
            work += count;
        }
        return work;
    }

    private void handle(DnsPorts.Port port, int offset, int length, long nowNs) throws IOException {
        if (length < 2) {
            return;
        }
        var buffer = received.packets().buffer();
        var key = new Key(received.remote(), Short.toUnsignedInt(buffer.getShort(offset)));
        var asked = open.get(key);
        if (asked == null || asked.port != port) {
            return; // not the server, not the id, or not the port that was asked from
        }
        var bytes = new byte[length];
        buffer.get(offset, bytes);
        ByteBuffer.wrap(bytes).putShort(0, asked.originalId());
        var answer = new DnsPayload(bytes);
        if (!answer.answers(asked.query)) {
            mismatched++;
            return;
        }
        oldestFirst.remove(asked);
        end(asked);
        answers.handleDnsResponse(asked.ticket, answer, nowNs);
    }

    private void end(Asked asked) throws IOException {
        open.remove(asked.key);
        ports.giveBack(asked.port);
    }

    public void handleTimeout(long nowNs) throws IOException {
        while (!oldestFirst.isEmpty() && nowNs >= oldestFirst.peek().expiresAtNs) {
            var silent = oldestFirst.remove();
            end(silent);
            answers.handleDnsTimeout(silent.ticket);
        }
    }

    public long pollTimeout() {
        return oldestFirst.isEmpty() ? NEVER : oldestFirst.peek().expiresAtNs;
    }

    /// Sockets in use.
    int openPorts() {
        return ports.open().size();
    }

    /// Datagrams so far that had all of an answer but the question.
    public long mismatched() {
        return mismatched;
    }

    /// Queries so far that had to share a port with others.
    public long sharedPorts() {
        return ports.shared();
    }

    public void close() throws IOException {
        ports.closeAll();
    }
}
