package dev.gatehouse.relay.server.request;

import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import java.util.LinkedHashMap;

/// The requests that ended an allocation within the last 40 s (RFC 8489 section 6.3.1), one for
/// each client socket: sent again, they get the same answer although nothing is left to end.
///
/// Remembers a limited number; the oldest makes room.
final class Deletions {
    private static final int CAPACITY = 16_384;
    private static final long REMEMBERED_NS = 40_000_000_000L;

    private record Deletion(TransactionId transaction, String user, long atNs) {}

    private final LinkedHashMap<Endpoint, Deletion> byClient = new LinkedHashMap<>();

    void add(Endpoint client, TransactionId transaction, String user, long nowNs) {
        byClient.remove(client);
        byClient.put(client, new Deletion(transaction, user, nowNs));
        if (byClient.size() > CAPACITY) {
            byClient.pollFirstEntry();
        }
    }

    boolean isKnown(Endpoint client, TransactionId transaction, String user, long nowNs) {
        var deletion = byClient.get(client);
        return deletion != null
                && nowNs < deletion.atNs + REMEMBERED_NS
                && deletion.transaction.equals(transaction)
                && deletion.user.equals(user);
    }
}
