package dev.gatehouse.dataplane.shard;

import dev.gatehouse.transport.process.EventLog;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells an administrator which clients come, by which kind of path, and why they go: by their ids.
/// Owned by one shard; knows the clients that are connected to it.
final class ClientLog {
    private static final Logger LOG = LoggerFactory.getLogger(ClientLog.class);
    private static final int LINES_AT_ONCE_MAX = 200;

    private final TreeMap<String, String> pathKinds = new TreeMap<>();
    private final EventLog events = new EventLog(LINES_AT_ONCE_MAX, LOG::info);

    /// The client's tunnel carries packets, or has changed its path.
    ///
    /// @param pathKind `host`, `srflx` or `relay`
    void handleUp(String clientId, String pathKind, long nowNs) {
        var before = pathKinds.put(clientId, pathKind);
        if (before == null) {
            events.say("client %s connected, path: %s".formatted(clientId, pathKind), nowNs);
        } else if (!before.equals(pathKind)) {
            events.say(
                    "client %s is reached by another path: %s, before %s"
                            .formatted(clientId, pathKind, before),
                    nowNs);
        }
    }

    /// The process before this one has told.
    void handleResumed(String clientId, String pathKind) {
        pathKinds.put(clientId, pathKind);
    }

    /// The client has begun anew, or another shard serves it: it is not gone.
    void forget(String clientId) {
        pathKinds.remove(clientId);
    }

    void handleGone(String clientId, String reason, long nowNs) {
        boolean was = pathKinds.remove(clientId) != null;
        events.say(
                "client %s %s: %s".formatted(clientId, was ? "is gone" : "did not connect", reason),
                nowNs);
    }

    void handleTimeout(long nowNs) {
        events.handleTimeout(nowNs);
    }
}
