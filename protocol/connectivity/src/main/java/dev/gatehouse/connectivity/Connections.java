package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.ChangeLog;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.wireguard.WireGuardTunnel;
import dev.gatehouse.wireguard.key.PublicKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// All connections, by everything that datagrams and callers name them by.
final class Connections {
    private record Closed(int connectionId, long forgetAtNs) {}

    private static final long CLOSED_REMEMBERED_NS = Duration.ofSeconds(5).toNanos();
    private static final int CLOSED_MAX = 256;

    private final NavigableMap<String, Connection> ordered = new TreeMap<>();
    private final Map<String, Connection> byPeerId = new LinkedHashMap<>();
    private final Map<PublicKey, Connection> byKey = new LinkedHashMap<>();
    private final Map<String, Connection> byUsername = new LinkedHashMap<>();
    private final ConnectionTable byConnectionId = new ConnectionTable();
    private final DeadlineHeap deadlines = new DeadlineHeap();
    private final ArrayDeque<Closed> closed = new ArrayDeque<>();
    private final ChangeLog changes = new ChangeLog();
    private final TransactionOwners transactions;

    Connections(TransactionOwners transactions) {
        this.transactions = transactions;
    }

    /// An id that no connection has.
    int freeConnectionId(RandomGenerator random) {
        while (true) {
            int id = random.nextInt(WireGuardTunnel.CONNECTION_ID_MAX) + 1;
            if (byConnectionId.get(id) == null) {
                return id;
            }
        }
    }

    void add(Connection connection) {
        ordered.put(connection.peerId(), connection);
        byPeerId.put(connection.peerId(), connection);
        byKey.put(connection.key(), connection);
        byUsername.put(connection.username(), connection);
        byConnectionId.put(connection);
        settled(connection);
    }

    void remove(Connection connection, long nowNs) {
        ordered.remove(connection.peerId(), connection);
        byPeerId.remove(connection.peerId(), connection);
        byKey.remove(connection.key(), connection);
        byUsername.remove(connection.username(), connection);
        byConnectionId.remove(connection);
        deadlines.remove(connection);
        changes.add(connection.peerId());
        if (closed.size() == CLOSED_MAX) {
            closed.removeFirst();
        }
        closed.add(new Closed(connection.connectionId(), nowNs + CLOSED_REMEMBERED_NS));
        connection.close();
    }

    /// The connection to this peer, or null.
    Connection byPeerId(String peerId) {
        return byPeerId.get(peerId);
    }

    /// The connection with this 24-bit id, or null. Runs per run of packets.
    Connection byConnectionId(int connectionId) {
        return byConnectionId.get(connectionId);
    }

    /// The connection with this key of the peer, or null.
    Connection byKey(PublicKey key) {
        return byKey.get(key);
    }

    /// The connection whose agent accepts an ICE message.
    Optional<Connection> accepting(StunMessage message) {
        var candidate =
                switch (message.messageClass()) {
                    case REQUEST -> message.username().map(byUsername::get);
                    case SUCCESS, ERROR ->
                            Optional.ofNullable(transactions.find(message.transactionId()));
                    case INDICATION -> Optional.<Connection>empty();
                };
        return candidate.filter(c -> byPeerId.get(c.peerId()) == c && c.accepts(message));
    }

    boolean wasClosedLately(int connectionId, long nowNs) {
        return closed.stream()
                .anyMatch(c -> c.connectionId() == connectionId && nowNs < c.forgetAtNs());
    }

    /// Ordered by peer id.
    List<Connection> list() {
        return List.copyOf(ordered.values());
    }

    boolean isEmpty() {
        return ordered.isEmpty();
    }

    /// To be called after all work on a connection: notes when it wants to be woken, and whether a
    /// successor would have to know more. Runs per run of packets.
    void settled(Connection connection) {
        deadlines.update(connection);
        if (connection.takeChanged()) {
            changes.add(connection.peerId());
        }
    }

    /// Peers whose connection changed, came or went.
    ChangeLog changes() {
        return changes;
    }

    int size() {
        return byPeerId.size();
    }

    List<Connection> due(long nowNs) {
        return deadlines.nextNs() <= nowNs ? deadlines.due(nowNs) : List.of();
    }

    long nextDeadlineNs() {
        return deadlines.nextNs();
    }
}
