package dev.gatehouse.dataplane.dns;

import dev.gatehouse.dataplane.dns.DnsRefusals.What;
import dev.gatehouse.wire.IpAddress;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;

/// The DNS server's connections over TCP (RFC 7766), and what each may cost: nothing is read while
/// answers are owed or unread, so who does not read is not heard either.
///
/// Limits, each far above what a client does: one of ours opens a connection for each of the names
/// that a browser asks for at once, a few hundred; others use one for all.
///
/// Owned by one event loop.
final class DnsConnections {
    static final int CLIENT_MAX = 512;
    static final int ALL_MAX = 8_192;

    /// Queries of one connection that wait for their answers.
    static final int OWED_MAX = 16;

    /// A query has one name; what is longer than this holds no question of a resolver.
    static final int QUERY_LENGTH_MAX = 4_096;

    /// Bytes of queries and answers that wait here.
    static final int CLIENT_BYTES_MAX = 1 << 20;

    static final int ALL_BYTES_MAX = 64 << 20;
    static final Duration SILENT_MAX = Duration.ofSeconds(30);
    static final Duration LIFE_MAX = Duration.ofMinutes(10);

    private static final int KERNEL_BUFFER_BYTES = 64 << 10;
    private static final int UNREAD_BYTES = 16 << 10;
    private static final int LENGTH_BYTES = 2;

    private static final class Client {
        private final LinkedHashSet<Connection> connections = new LinkedHashSet<>(); // oldest first
        private int bytes;
    }

    private final LongSupplier clock;
    private final DnsRefusals refusals;
    private final BiFunction<IpAddress, Buffer, Future<Buffer>> answer;
    private final Map<IpAddress, Client> clients = new HashMap<>();
    private volatile int open; // written by the loop alone, likewise below
    private volatile int bytes;

    /// @param clock nanoseconds, of any origin
    /// @param answer to a query; fails if that is none
    DnsConnections(
            LongSupplier clock,
            DnsRefusals refusals,
            BiFunction<IpAddress, Buffer, Future<Buffer>> answer) {
        this.clock = clock;
        this.refusals = refusals;
        this.answer = answer;
    }

    /// The kernel's buffers count, too: they are the host's memory.
    static NetServerOptions options() {
        var options = new NetServerOptions();
        options.setReceiveBufferSize(KERNEL_BUFFER_BYTES).setSendBufferSize(KERNEL_BUFFER_BYTES);
        return options;
    }

    void serve(IpAddress address, NetSocket socket) {
        var client = clients.computeIfAbsent(address, _ -> new Client());
        if (client.connections.size() >= CLIENT_MAX) {
            refusals.count(What.CONNECTION);
            socket.close();
            return;
        }
        if (open >= ALL_MAX) {
            refusals.count(What.CONNECTION);
            oldestOfTheLargest().end();
        }
        clients.put(address, client); // it may just have lost its only one
        new Connection(address, client, socket).begin();
    }

    private Connection oldestOfTheLargest() {
        return clients.values().stream()
                .max(Comparator.comparingInt(client -> client.connections.size()))
                .orElseThrow()
                .connections
                .getFirst();
    }

    /// Ends what is silent, or too old; to be called every few seconds.
    void handleTimeout() {
        long nowNs = clock.getAsLong();
        for (var client : List.copyOf(clients.values())) {
            for (var connection : List.copyOf(client.connections)) {
                connection.handleTimeout(nowNs);
            }
        }
    }

    int open() {
        return open;
    }

    /// Bytes that wait.
    int bytes() {
        return bytes;
    }

    private final class Connection {
        private final IpAddress address;
        private final Client client;
        private final NetSocket socket;
        private final long bornNs = clock.getAsLong();
        private long progressNs = bornNs;
        private Buffer received = Buffer.buffer();
        private int at; // of what is not read yet
        private int charged;
        private int owed;
        private boolean isReading;
        private boolean ended;

        Connection(IpAddress address, Client client, NetSocket socket) {
            this.address = address;
            this.client = client;
            this.socket = socket;
        }

        void begin() {
            client.connections.add(this);
            open++;
            socket.setWriteQueueMaxSize(UNREAD_BYTES);
            socket.handler(this::handle);
            socket.drainHandler(_ -> read());
            socket.exceptionHandler(_ -> end());
            socket.closeHandler(_ -> end());
        }

        private void handle(Buffer more) {
            if (ended) {
                return;
            }
            var rest = received.getBuffer(at, received.length());
            release(at);
            received = rest.appendBuffer(more);
            at = 0;
            if (charge(more.length())) {
                read();
            }
        }

        /// Takes queries as long as answers are read. An answer that is at hand comes back here at
        /// once: then the loop goes on, not deeper.
        private void read() {
            if (isReading) {
                return;
            }
            isReading = true;
            while (!ended && mayTake() && hasWhole()) {
                take(next());
            }
            isReading = false;
            if (ended) {
                return;
            }
            forgetWhatIsRead();
            if (mayTake()) {
                socket.resume();
            } else {
                socket.pause();
            }
        }

        private Buffer next() {
            int from = at + LENGTH_BYTES;
            int to = from + received.getUnsignedShort(at);
            at = to;
            progressNs = clock.getAsLong();
            return received.getBuffer(from, to);
        }

        private void forgetWhatIsRead() {
            if (at == received.length()) {
                release(at);
                received = Buffer.buffer();
                at = 0;
            }
        }

        private boolean mayTake() {
            return owed < OWED_MAX && !socket.writeQueueFull();
        }

        /// A length that no query has ends the connection.
        private boolean hasWhole() {
            int left = received.length() - at;
            if (left < LENGTH_BYTES) {
                return false;
            }
            int length = received.getUnsignedShort(at);
            if (length == 0 || length > QUERY_LENGTH_MAX) {
                refusals.count(What.BYTES);
                end();
                return false;
            }
            return left >= LENGTH_BYTES + length;
        }

        private void take(Buffer query) {
            owed++;
            answer.apply(address, query)
                    .onComplete(
                            reply -> {
                                owed--;
                                if (reply.succeeded()) {
                                    send(DnsFraming.frame(reply.result()));
                                }
                                read();
                            });
        }

        private void send(Buffer frame) {
            if (ended || !charge(frame.length())) {
                return;
            }
            socket.write(frame)
                    .onComplete(
                            written -> {
                                release(frame.length());
                                if (written.succeeded()) {
                                    progressNs = clock.getAsLong();
                                }
                            });
        }

        /// False, and this is the end, if too much waits.
        private boolean charge(int length) {
            client.bytes += length;
            bytes += length;
            charged += length;
            if (client.bytes <= CLIENT_BYTES_MAX && bytes <= ALL_BYTES_MAX) {
                return true;
            }
            refusals.count(What.BYTES);
            end();
            return false;
        }

        private void release(int length) {
            if (!ended) {
                client.bytes -= length;
                bytes -= length;
                charged -= length;
            }
        }

        void handleTimeout(long nowNs) {
            if (nowNs - progressNs > SILENT_MAX.toNanos()) {
                refusals.count(What.SILENCE);
                end();
            } else if (nowNs - bornNs > LIFE_MAX.toNanos() && owed == 0) {
                end(); // whoever has more to ask connects again
            }
        }

        void end() {
            if (ended) {
                return;
            }
            release(charged);
            ended = true;
            received = Buffer.buffer();
            at = 0;
            open--;
            client.connections.remove(this);
            if (client.connections.isEmpty()) {
                clients.remove(address, client);
            }
            socket.close();
        }
    }
}
