package dev.gatehouse.http;

import dev.gatehouse.http.table.ConnectionTable;
import dev.gatehouse.http.table.KnownPrefixes;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.SpecialNetworks;
import dev.gatehouse.wire.TokenBucket;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/// The connections of one listener. The thread that accepts and the event loops call it; the lock
/// is held for the tables only.
final class Listener {
    private static final AttributeKey<Guest> GUEST = AttributeKey.valueOf(Listener.class, "guest");

    /// Requests of one connection: a browser's page of scrapes in a row, not a flood.
    private static final int REQUESTS_PER_SECOND = 50;

    private static final int REQUESTS_BURST = 200;
    private static final int KNOWN_PREFIXES_MAX = 8192;

    /// A kubelet, a few scrapers: nodes and pods, which have private addresses.
    private static final int PROBERS_MAX = 64;

    private final HttpLimits limits;
    private final LongSupplier clock;
    private final List<IpNetwork> proxies;
    private final AtomicLongArray refused = new AtomicLongArray(HttpRefusal.values().length);

    // guarded by this
    private final ConnectionTable strangers;
    private final ConnectionTable known;
    private final ConnectionTable proxied;
    private final KnownPrefixes infrastructure = new KnownPrefixes(KNOWN_PREFIXES_MAX);
    private final KnownPrefixes users = new KnownPrefixes(KNOWN_PREFIXES_MAX);
    private final KnownPrefixes probers = new KnownPrefixes(PROBERS_MAX);
    private final Map<ConnectionTable.Entry, Guest> guests = new HashMap<>();

    /// @param connectionsMax what the machine bears
    /// @param proxies networks whose connections are many people's
    Listener(HttpLimits limits, int connectionsMax, List<IpNetwork> proxies, LongSupplier clock) {
        this.limits = limits;
        this.clock = clock;
        this.proxies = proxies;
        int all = Math.min(limits.connections(), connectionsMax);
        int prefix = Math.min(limits.prefixConnections(), all);
        int ours = Math.min(limits.knownConnections(), connectionsMax);
        strangers = new ConnectionTable(all, prefix);
        known = new ConnectionTable(ours, Math.max(1, ours / 2));
        proxied = new ConnectionTable(all, all);
    }

    /// A connection that nobody vouches for yet; guarded by its listener.
    private static final class Guest {
        private final Listener listener;
        private final Channel channel;
        private final ConnectionTable table;
        private final ConnectionTable.Entry entry;
        private final IpNetwork prefix;
        private final TokenBucket requests = new TokenBucket(REQUESTS_PER_SECOND, REQUESTS_BURST);
        private boolean asks;

        private Guest(
                Listener listener,
                Channel channel,
                ConnectionTable table,
                ConnectionTable.Entry entry,
                IpNetwork prefix) {
            this.listener = listener;
            this.channel = channel;
            this.table = table;
            this.entry = entry;
            this.prefix = prefix;
        }
    }

    /// False if the connection that was accepted has to be closed at once.
    boolean accept(Channel channel) {
        if (!(channel.remoteAddress() instanceof InetSocketAddress remote)) {
            return true; // a Unix socket: the file's mode says who may
        }
        var address = IpAddress.ofBytes(remote.getAddress().getAddress());
        Guest replaced;
        synchronized (this) {
            switch (place(ConnectionTable.prefix(address), channel)) {
                case ConnectionTable.Verdict.Refused reason -> {
                    count(
                            switch (reason) {
                                case PREFIX_FULL -> HttpRefusal.PREFIX_FULL;
                                case TABLE_FULL -> HttpRefusal.TABLE_FULL;
                            });
                    return false;
                }
                case ConnectionTable.Verdict.Admitted(_, var before) ->
                        replaced = before.map(guests::remove).orElse(null);
            }
        }
        channel.closeFuture().addListener(_ -> leave(channel));
        if (replaced != null) {
            close(replaced.channel, HttpRefusal.REPLACED);
        }
        return true;
    }

    private ConnectionTable.Verdict place(IpNetwork prefix, Channel channel) {
        long nowNs = clock.getAsLong();
        long deadlineNs = nowNs + limits.header().toNanos();
        boolean proxy = proxies.stream().anyMatch(n -> n.contains(prefix.address()));
        if (!proxy && isKnown(prefix)) {
            var entry = known.offer(prefix, deadlineNs);
            if (entry.isPresent()) {
                return welcome(
                        new ConnectionTable.Verdict.Admitted(entry.get(), Optional.empty()),
                        known,
                        prefix,
                        channel);
            }
        }
        var table = proxy ? proxied : strangers;
        return welcome(table.admit(prefix, deadlineNs, nowNs), table, prefix, channel);
    }

    private boolean isKnown(IpNetwork prefix) {
        return prefix.address().isLoopback()
                || infrastructure.contains(prefix)
                || users.contains(prefix)
                || probers.contains(prefix);
    }

    private ConnectionTable.Verdict welcome(
            ConnectionTable.Verdict verdict,
            ConnectionTable table,
            IpNetwork prefix,
            Channel channel) {
        if (verdict instanceof ConnectionTable.Verdict.Admitted(var entry, _)) {
            var guest = new Guest(this, channel, table, entry, prefix);
            guests.put(entry, guest);
            channel.attr(GUEST).set(guest);
        }
        return verdict;
    }

    /// A whole request is there; false if it must not be answered.
    boolean request(Channel channel) {
        var guest = channel.attr(GUEST).get();
        if (guest == null) {
            return true;
        }
        HttpRefusal reason = null;
        long nowNs = clock.getAsLong();
        synchronized (this) {
            if (!guest.requests.take(nowNs)) {
                reason = HttpRefusal.TOO_MANY_REQUESTS;
            } else if (!channel.isWritable()) {
                reason = HttpRefusal.UNREAD;
            }
            guest.asks = true;
            guest.entry.deadline(nowNs + limits.answer().toNanos());
        }
        if (reason != null) {
            close(channel, reason);
        }
        return reason == null;
    }

    /// A request is answered.
    void answered(Channel channel) {
        var guest = channel.attr(GUEST).get();
        if (guest != null) {
            synchronized (this) {
                guest.asks = false;
                remember(guest.prefix);
                guest.entry.deadline(clock.getAsLong() + limits.keepAlive().toNanos());
            }
        }
    }

    /// Who asks while there is no flood keeps its place in one.
    private void remember(IpNetwork prefix) {
        if (strangers.size() < limits.connections() / 4
                && SpecialNetworks.isPrivate(prefix.address())) {
            probers.add(prefix);
        }
    }

    /// A peer has shown who it is; its limits are others from here on.
    static void vouch(Channel channel, boolean infrastructure) {
        var guest = channel.attr(GUEST).getAndSet(null);
        if (guest != null) {
            guest.listener.vouch(guest, infrastructure);
        }
    }

    private synchronized void vouch(Guest guest, boolean isInfrastructure) {
        guest.table.remove(guest.entry);
        guests.remove(guest.entry);
        (isInfrastructure ? infrastructure : users).add(guest.prefix);
    }

    private void leave(Channel channel) {
        var guest = channel.attr(GUEST).getAndSet(null);
        if (guest != null) {
            synchronized (this) {
                guest.table.remove(guest.entry);
                guests.remove(guest.entry);
            }
        }
    }

    /// Closes what has had its time.
    void handleTimeout() {
        Map<Channel, HttpRefusal> late = new HashMap<>();
        synchronized (this) {
            long nowNs = clock.getAsLong();
            for (var table : List.of(strangers, known, proxied)) {
                collect(table.removeExpired(nowNs), late);
            }
        }
        late.forEach(this::close);
    }

    private void collect(
            Collection<ConnectionTable.Entry> expired, Map<Channel, HttpRefusal> late) {
        for (var entry : expired) {
            var guest = guests.remove(entry);
            late.put(
                    guest.channel,
                    guest.asks ? HttpRefusal.ANSWER_TIMEOUT : HttpRefusal.HEADER_TIMEOUT);
        }
    }

    /// At once: a TLS goodbye would wait for who does not read.
    private void close(Channel channel, HttpRefusal reason) {
        count(reason);
        if (channel.isRegistered()) {
            channel.eventLoop().execute(() -> reset(channel));
        }
    }

    private static void reset(Channel channel) {
        if (channel.isActive()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.unsafe().close(channel.voidPromise());
        }
    }

    void count(HttpRefusal reason) {
        refused.incrementAndGet(reason.ordinal());
    }

    long refused(HttpRefusal reason) {
        return refused.get(reason.ordinal());
    }

    synchronized int connections() {
        return guests.size();
    }
}
