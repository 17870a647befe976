package dev.gatehouse.connectivity.path;

import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.turn.Allocation;
import dev.gatehouse.turn.Channel;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.turn.RelaySelection;
import dev.gatehouse.turn.RelaySnapshot;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.LookupTable;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;

/// Our allocations, by relay id and by server, and where the last 64 relays were that are none any
/// more.
public final class Relays {
    public static final int RELAY_PORT = 3478;
    static final long NEVER = Long.MAX_VALUE;

    private static final int FORMER_MAX = 64;

    private final String software;
    private final RandomGenerator random;
    private final Outbox outbox;
    private final DropCounters drops;
    private final NavigableMap<String, Allocation> byId = new TreeMap<>();
    private final SequencedSet<IpAddress> former = new LinkedHashSet<>();
    private final ChangeLog changes = new ChangeLog();
    private final LookupTable<Endpoint, Allocation> byServer = new LookupTable<>();
    private List<Allocation> list = List.of(); // of byId
    private int generation;

    /// @param software SOFTWARE of requests
    public Relays(String software, RandomGenerator random, Outbox outbox, DropCounters drops) {
        this.software = software;
        this.random = random;
        this.outbox = outbox;
        this.drops = drops;
    }

    /// Whether no relay is known.
    public boolean isEmpty() {
        return byId.isEmpty();
    }

    /// Ordered by id.
    public List<Allocation> list() {
        return list;
    }

    /// Changes when a relay comes or goes.
    public int generation() {
        return generation;
    }

    private void add(Allocation relay) {
        byId.put(relay.id(), relay);
        relay.servers().forEach(server -> byServer.put(server, relay));
        noteChange();
    }

    private void noteChange() {
        list = List.copyOf(byId.values());
        generation++;
    }

    /// The relay with this id.
    public Optional<Allocation> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /// The relay with this address and port, or null: of two the one that was named last. A relay
    /// that was started again has another id, and the old one is taken away only later.
    public Allocation byServer(Endpoint server) {
        return byServer.get(server);
    }

    /// The relay where `address` is ours, or was until a moment ago, or null.
    public Allocation owning(Endpoint address) {
        for (var relay : list) {
            if (relay.owns(address)) {
                return relay;
            }
        }
        return null;
    }

    /// True if datagrams from port 3478 of `address` are a relay's, even of an earlier one.
    public boolean isOrWasRelay(IpAddress address) {
        for (var relay : list) {
            if (relay.isServerAddress(address)) {
                return true;
            }
        }
        return former.contains(address);
    }

    /// A random one of those that are fast enough.
    public Optional<Allocation> sample() {
        var eligible = RelaySelection.eligible(list());
        return eligible.isEmpty()
                ? Optional.empty()
                : Optional.of(eligible.get(random.nextInt(eligible.size())));
    }

    /// Adds a relay, or brings a known one up to date.
    ///
    /// @return the allocation that another one took the place of
    public Optional<Allocation> put(RelayInfo relay, long nowNs) {
        var known = byId.get(relay.id());
        if (known == null || !known.servers().equals(relay.addresses())) {
            if (known != null) {
                remove(known);
            }
            add(Allocation.start(relay, software, random, nowNs));
            return Optional.ofNullable(known);
        }
        if (known.hasLogin(relay.username(), relay.password())) {
            known.retryIfRefused(nowNs);
        } else {
            known.swapLogin(relay.username(), relay.password(), nowNs);
        }
        return Optional.empty();
    }

    /// Adds a relay as a predecessor left it.
    public void restore(RelaySnapshot snapshot, long nowNs) {
        add(Allocation.restore(snapshot, software, random, nowNs));
    }

    /// Forgets a relay; its address stays known for a while, so that late answers are its own.
    public void remove(Allocation relay) {
        relay.withdraw();
        byId.remove(relay.id(), relay);
        changes.add(relay.id());
        noteChange();
        for (var server : relay.servers()) {
            if (byServer.get(server) == relay) {
                byServer.remove(server);
                list.stream().filter(r -> r.isServer(server)).forEach(r -> byServer.put(server, r));
            }
            former.remove(server.address());
            former.addLast(server.address());
            if (former.size() > FORMER_MAX) {
                former.removeFirst();
            }
        }
    }

    /// Sends `payload` to `peer` through `relay`; drops it if there is no channel yet.
    public void send(Allocation relay, Endpoint peer, byte[] payload, long nowNs) {
        send(relay, relay.sendChannel(peer, nowNs), payload);
    }

    /// Like [#send], to an address that a peer named: `mayOpen` is asked before a channel is.
    public void check(
            Allocation relay, Endpoint peer, byte[] payload, LongPredicate mayOpen, long nowNs) {
        send(relay, relay.sendChannel(peer, mayOpen, nowNs), payload);
    }

    /// @param channel may be null
    private void send(Allocation relay, Channel channel, byte[] payload) {
        flush(relay); // a bind must leave before what relies on it
        if (channel == null) {
            drops.count(DropReason.NO_CHANNEL);
            return;
        }
        var framed = ByteBuffer.allocate(ChannelData.HEADER_LENGTH + payload.length);
        ChannelData.writeHeader(framed, 0, channel.number(), payload.length);
        framed.put(ChannelData.HEADER_LENGTH, payload);
        var server = relay.activeServer();
        outbox.control(Endpoint.any(server.family()), server, framed.array());
    }

    /// Moves the requests of `relay` to the outbox.
    public void flush(Allocation relay) {
        for (var t = relay.pollTransmit(); t != null; t = relay.pollTransmit()) {
            outbox.control(t.local(), t.remote(), t.payload().bytes());
        }
    }

    /// To be called after all work on a relay: notes whether a successor would have to know more.
    public void settled(Allocation relay) {
        drops.count(DropReason.RELAY_EXCESS, relay.takeExcess());
        if (relay.takeChanged()) {
            changes.add(relay.id());
        }
    }

    /// Relays that changed, came or went.
    public ChangeLog changes() {
        return changes;
    }

    /// Lets each relay do what is due.
    public void handleTimeout(long nowNs) {
        for (var relay : list) {
            if (relay.pollTimeout() <= nowNs) {
                relay.handleTimeout(nowNs);
            }
        }
    }

    /// When [#handleTimeout] has work, or [#NEVER].
    public long pollTimeout() {
        long next = NEVER;
        for (var relay : list) {
            next = Math.min(next, relay.pollTimeout());
        }
        return next;
    }
}
