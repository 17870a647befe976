package dev.gatehouse.http.table;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.TokenBucket;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/// The connections that nobody vouches for: a limit for all, and one for each prefix, which is an
/// IPv4 address or an IPv6 /56, what a provider gives one customer.
///
/// Where there is no place, the oldest connection makes it: of the same prefix, or of the prefix
/// that has most, so that who holds thousands loses his own. Only so many go that way a second;
/// others that come meanwhile are refused, which costs no more than the accept. A call costs the
/// logarithm of the number of prefixes.
///
/// Pure, not thread-safe.
public final class ConnectionTable {
    private static final int IPV6_PREFIX_LENGTH = 56;
    private static final IpNetwork MAPPED_V4 = IpNetwork.parse("::ffff:0:0/96");

    /// Connections a second that take the place of one of their own prefix, which is what a flood
    /// does all the time; a replaced one costs the event loop about 0.1 ms.
    private static final int OWN_PER_SECOND = 200;

    /// Those that take the place of another prefix's: an office that comes back during a flood.
    private static final int OTHERS_PER_SECOND = 1_000;

    private static final int OTHERS_BURST = 4_000;

    private static final Comparator<Group> HEAVIEST_FIRST =
            Comparator.comparingInt((Group g) -> -g.connections.size())
                    .thenComparing(g -> g.prefix);

    private final int limit;
    private final int prefixLimit;
    private final TreeMap<IpNetwork, Group> groups = new TreeMap<>();
    private final TreeSet<Group> byWeight = new TreeSet<>(HEAVIEST_FIRST);
    private final TokenBucket own = new TokenBucket(OWN_PER_SECOND, OWN_PER_SECOND);
    private final TokenBucket others = new TokenBucket(OTHERS_PER_SECOND, OTHERS_BURST);
    private int size;

    /// @param limit of all connections
    /// @param prefixLimit of those of one prefix
    public ConnectionTable(int limit, int prefixLimit) {
        if (limit < 1 || prefixLimit < 1) {
            throw new IllegalArgumentException("a table holds at least one connection");
        }
        this.limit = limit;
        this.prefixLimit = prefixLimit;
    }

    /// One connection, which is compared by identity.
    public static final class Entry {
        private final IpNetwork prefix;
        private long deadlineNs;

        private Entry(IpNetwork prefix, long deadlineNs) {
            this.prefix = prefix;
            this.deadlineNs = deadlineNs;
        }

        /// When the connection has had its time.
        public void deadline(long atNs) {
            deadlineNs = atNs;
        }
    }

    private static final class Group {
        private final IpNetwork prefix;
        private final LinkedHashSet<Entry> connections = new LinkedHashSet<>();

        private Group(IpNetwork prefix) {
            this.prefix = prefix;
        }
    }

    /// What becomes of a connection that came.
    public sealed interface Verdict {
        /// It is let in; `replaced` has to be closed.
        record Admitted(Entry entry, Optional<Entry> replaced) implements Verdict {}

        /// It is sent away.
        enum Refused implements Verdict {
            PREFIX_FULL,
            TABLE_FULL
        }
    }

    /// Whose connections are counted as one's.
    public static IpNetwork prefix(IpAddress address) {
        if (MAPPED_V4.contains(address)) {
            return IpNetwork.host(IpAddress.v4((int) address.low()));
        }
        return address.isV4() ? IpNetwork.host(address) : IpNetwork.of(address, IPV6_PREFIX_LENGTH);
    }

    /// Lets a connection in if there is a free place, and replaces none.
    public Optional<Entry> offer(IpNetwork prefix, long deadlineNs) {
        var group = groups.get(prefix);
        int held = group == null ? 0 : group.connections.size();
        return held < prefixLimit && size < limit
                ? Optional.of(add(prefix, deadlineNs))
                : Optional.empty();
    }

    /// Lets a connection in, on another's place if need be.
    public Verdict admit(IpNetwork prefix, long deadlineNs, long nowNs) {
        var group = groups.get(prefix);
        if (group != null && group.connections.size() >= prefixLimit) {
            return replace(group, prefix, deadlineNs, Verdict.Refused.PREFIX_FULL, nowNs);
        }
        if (size >= limit) {
            return replace(byWeight.first(), prefix, deadlineNs, Verdict.Refused.TABLE_FULL, nowNs);
        }
        return new Verdict.Admitted(add(prefix, deadlineNs), Optional.empty());
    }

    private Verdict replace(
            Group from, IpNetwork prefix, long deadlineNs, Verdict.Refused otherwise, long nowNs) {
        if (!(from.prefix.equals(prefix) ? own : others).take(nowNs)) {
            return otherwise;
        }
        var oldest = from.connections.getFirst();
        remove(oldest);
        return new Verdict.Admitted(add(prefix, deadlineNs), Optional.of(oldest));
    }

    private Entry add(IpNetwork prefix, long deadlineNs) {
        var entry = new Entry(prefix, deadlineNs);
        var group = groups.computeIfAbsent(prefix, Group::new);
        byWeight.remove(group);
        group.connections.add(entry);
        byWeight.add(group);
        size++;
        return entry;
    }

    /// Forgets a connection: it ended, or somebody vouches for it. False if it is none.
    public boolean remove(Entry entry) {
        var group = groups.get(entry.prefix);
        if (group == null || !group.connections.contains(entry)) {
            return false;
        }
        byWeight.remove(group);
        group.connections.remove(entry);
        if (group.connections.isEmpty()) {
            groups.remove(entry.prefix);
        } else {
            byWeight.add(group);
        }
        size--;
        return true;
    }

    /// Takes out all whose time is over.
    public Collection<Entry> removeExpired(long nowNs) {
        List<Entry> expired = new ArrayList<>();
        for (var group : groups.values()) {
            for (var entry : group.connections) {
                if (nowNs >= entry.deadlineNs) {
                    expired.add(entry);
                }
            }
        }
        expired.forEach(this::remove);
        return expired;
    }

    public int size() {
        return size;
    }
}
