package dev.gatehouse.controlplane.flow;

import dev.gatehouse.controlplane.flow.Command.AddCandidates;
import dev.gatehouse.controlplane.flow.Command.Authorize;
import dev.gatehouse.controlplane.flow.Command.RemoveCandidates;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NavigableMap;
import java.util.TreeMap;

/// What waits for the data plane: state before chatter. Candidates, of which clients send any
/// number, come when nothing else waits, and none of them takes the place of anything else.
///
/// Each client has a share of the authorizations and of the candidates that wait; beyond it, and
/// when the queue is full, something is dropped and counted: of the candidates the oldest, of all
/// others the oldest authorization, for its client asks again, and a withdrawal only if there is
/// none.
final class CommandQueue {
    static final int STATE_MAX = 4_096;
    static final int CANDIDATES_MAX = 4_096;

    /// A browser asks for 200 in a second, and the data plane answers 1,000.
    static final int AUTHORIZATIONS_PER_CLIENT_MAX = 1_024;

    /// Messages; a client sends its candidates in a handful.
    static final int CANDIDATES_PER_CLIENT_MAX = 64;

    record Waiting(Command command, long sinceNs) {}

    private final Deque<Waiting> state = new ArrayDeque<>();
    private final Deque<Waiting> candidates = new ArrayDeque<>();
    private final NavigableMap<String, Integer> authorizing = new TreeMap<>();
    private final NavigableMap<String, Integer> signalling = new TreeMap<>();
    private long dropped;

    void add(Waiting waiting) {
        var client = signaller(waiting.command());
        if (client != null) {
            addCandidates(waiting, client);
        } else {
            addState(waiting);
        }
    }

    private void addCandidates(Waiting waiting, String client) {
        if (signalling.getOrDefault(client, 0) >= CANDIDATES_PER_CLIENT_MAX) {
            dropped++;
            return;
        }
        if (candidates.size() >= CANDIDATES_MAX) {
            pollCandidates();
            dropped++;
        }
        candidates.addLast(waiting);
        count(signalling, client, 1);
    }

    private void addState(Waiting waiting) {
        if (waiting.command() instanceof Authorize authorize
                && authorizing.getOrDefault(clientOf(authorize), 0)
                        >= AUTHORIZATIONS_PER_CLIENT_MAX) {
            dropped++;
            return;
        }
        if (state.size() >= STATE_MAX) {
            makeRoom();
            dropped++;
        }
        state.addLast(waiting);
        countAuthorization(waiting, 1);
    }

    private void makeRoom() {
        for (Iterator<Waiting> oldest = state.iterator(); oldest.hasNext(); ) {
            var waiting = oldest.next();
            if (waiting.command() instanceof Authorize) {
                oldest.remove();
                countAuthorization(waiting, -1);
                return;
            }
        }
        state.removeFirst();
    }

    /// For what was taken, but is to be done again, or comes before everything else.
    void addFirst(Waiting waiting) {
        var client = signaller(waiting.command());
        if (client != null) {
            candidates.addFirst(waiting);
            count(signalling, client, 1);
        } else {
            state.addFirst(waiting);
            countAuthorization(waiting, 1);
        }
    }

    /// The next one, or null.
    Waiting poll() {
        var waiting = state.pollFirst();
        if (waiting == null) {
            return pollCandidates();
        }
        countAuthorization(waiting, -1);
        return waiting;
    }

    private Waiting pollCandidates() {
        var waiting = candidates.pollFirst();
        if (waiting != null) {
            count(signalling, signaller(waiting.command()), -1);
        }
        return waiting;
    }

    /// Something taken turned out to be of no use any more.
    void countDropped() {
        dropped++;
    }

    boolean isAuthorizing(String client) {
        return authorizing.containsKey(client);
    }

    int size() {
        return state.size() + candidates.size();
    }

    long dropped() {
        return dropped;
    }

    /// Null if that are no candidates.
    private static String signaller(Command command) {
        return switch (command) {
            case AddCandidates(var request) -> request.getClientId();
            case RemoveCandidates(var request) -> request.getClientId();
            default -> null;
        };
    }

    private static String clientOf(Authorize authorize) {
        return authorize.request().getClient().getId();
    }

    private void countAuthorization(Waiting waiting, int by) {
        if (waiting.command() instanceof Authorize authorize) {
            count(authorizing, clientOf(authorize), by);
        }
    }

    private static void count(NavigableMap<String, Integer> counts, String client, int by) {
        counts.merge(client, by, (a, b) -> a + b == 0 ? null : a + b);
    }
}
