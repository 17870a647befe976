package dev.gatehouse.dataplane.dns;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/// Work of many clients, of which so much is under way at once, in all and of each. What is beyond
/// waits, and clients take turns: one that asks for a thousand things delays another by one of
/// them.
///
/// Every call costs the same, however much waits. Owned by one thread.
///
/// @param <T> what is asked for
final class Turns<T> {
    /// @param atOnce under way, of all clients
    /// @param atOncePerClient of which one client has no more than this
    /// @param waiting beside that, of all clients
    /// @param waitingPerClient of one
    record Limits(int atOnce, int atOncePerClient, int waiting, int waitingPerClient) {
        Limits {
            if (atOnce < 1 || atOncePerClient < 1 || waiting < 0 || waitingPerClient < 0) {
                throw new IllegalArgumentException("limits must be positive");
            }
        }
    }

    private final class Client {
        private final Object key;
        private final ArrayDeque<T> waiting = new ArrayDeque<>(2);
        private int underWay;
        private boolean isInLine;

        Client(Object key) {
            this.key = key;
        }

        void standInLine() {
            if (!isInLine && !waiting.isEmpty() && underWay < limits.atOncePerClient) {
                isInLine = true;
                line.add(this);
            }
        }
    }

    private final Limits limits;
    private final Map<Object, Client> clients = new HashMap<>();
    private final ArrayDeque<Client> line = new ArrayDeque<>(); // those that may begin something
    private int underWay;
    private int waiting;
    private boolean isBeginning;

    Turns(Limits limits) {
        this.limits = limits;
    }

    /// Takes something to begin later: see [#poll]. False if there is no room.
    boolean offer(Object key, T task) {
        var known = clients.get(key);
        int waits = known == null ? 0 : known.waiting.size();
        int free = limits.atOncePerClient - (known == null ? 0 : known.underWay);
        boolean isFull =
                waits >= limits.waitingPerClient + Math.max(0, free)
                        || waiting >= limits.waiting + limits.atOnce - underWay;
        if (isFull) {
            return false;
        }
        var client = clients.computeIfAbsent(key, Client::new);
        client.waiting.add(task);
        waiting++;
        client.standInLine();
        return true;
    }

    /// What is to begin next, or null. Each is to be told [#done], once.
    T poll() {
        if (underWay >= limits.atOnce || line.isEmpty()) {
            return null;
        }
        var client = line.remove();
        client.isInLine = false;
        client.underWay++;
        underWay++;
        waiting--;
        var task = client.waiting.remove();
        client.standInLine();
        return task;
    }

    /// Begins all that may: each is given to `begin`. What ends at once may come back here: the
    /// loop goes on, not deeper.
    void beginAll(Consumer<T> begin) {
        if (isBeginning) {
            return;
        }
        isBeginning = true;
        try {
            for (var next = poll(); next != null; next = poll()) {
                begin.accept(next);
            }
        } finally {
            isBeginning = false;
        }
    }

    /// Something of this client has ended.
    void done(Object key) {
        var client = clients.get(key);
        if (client == null || client.underWay == 0) {
            throw new IllegalStateException("nothing of that client is under way");
        }
        client.underWay--;
        underWay--;
        client.standInLine();
        if (client.underWay == 0 && client.waiting.isEmpty()) {
            clients.remove(client.key);
        }
    }

    int underWay() {
        return underWay;
    }

    int waiting() {
        return waiting;
    }
}
