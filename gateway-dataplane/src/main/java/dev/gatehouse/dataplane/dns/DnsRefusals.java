package dev.gatehouse.dataplane.dns;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/// Counts what the DNS server for clients refuses. Any thread.
public final class DnsRefusals {
    public enum What {
        /// A query beyond a client's share or what is asked at once: told SERVFAIL.
        QUERY,
        /// A connection beyond a client's share, or the oldest one of who has the most.
        CONNECTION,
        /// A connection that leaves too many answers unread, or sends too long a query.
        BYTES,
        /// A connection that brought no whole query and took no answer for too long.
        SILENCE,
        /// A query or connection of an address that is no client's.
        STRANGER
    }

    private final Map<What, AtomicLong> counts = new EnumMap<>(What.class);

    DnsRefusals() {
        for (var what : What.values()) {
            counts.put(what, new AtomicLong());
        }
    }

    void count(What what) {
        counts.get(what).incrementAndGet();
    }

    public long get(What what) {
        return counts.get(what).get();
    }
}
