package dev.gatehouse.dataplane.gateway.fragment;

import dev.gatehouse.dataplane.gateway.drop.DropCounters;
import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.limit.SharedLimit;
import dev.gatehouse.wire.IpPacket;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/// Virtual reassembly (RFC 4787 section 11, RFC 1858, RFC 3128, RFC 5722): what was decided about a
/// datagram by its first piece counts for the others, which have no ports.
///
/// A later piece passes only behind a first one that passed, of the same client, direction,
/// addresses, protocol and identification, and only if it overlaps nothing before it; one overlap,
/// or a first piece that was refused, refuses all that follows. Pieces that come before their first
/// one wait for it, bounded. Datagrams are limited for a client and in all, and are forgotten when
/// they are whole or too old. Belongs to the owner of the clients.
public final class FragmentTable {
    /// From the first piece that comes to the last.
    private static final long AGE_NS_MAX = 5_000_000_000L;

    private static final int DATAGRAMS_GUARANTEED = 16;
    private static final int HELD_GUARANTEED = 8;

    /// What [#take] makes of a later piece.
    public enum Verdict {
        PASS,
        /// Copied, to come out of [FragmentedDatagram#takeHeld].
        HELD,
        DROP
    }

    /// IPv6 identifies a datagram without the protocol.
    private record Key(
            Object client,
            boolean outbound,
            boolean v4,
            int protocol,
            int id,
            long remoteHigh,
            long remoteLow) {
        static Key of(Object client, boolean outbound, IpPacket packet) {
            boolean v4 = packet.isV4();
            return new Key(
                    client,
                    outbound,
                    v4,
                    v4 ? packet.protocol() : 0,
                    packet.fragmentId(),
                    outbound ? packet.destinationHigh() : packet.sourceHigh(),
                    outbound ? packet.destinationLow() : packet.sourceLow());
        }
    }

    private final GatewayLimits.Fragments limits;
    private final DropCounters drops;
    private final LinkedHashMap<Key, FragmentedDatagram> datagrams =
            new LinkedHashMap<>(); // by age
    private final Map<Object, Share> shares = new LinkedHashMap<>();
    private final SharedLimit datagramsOfAll;
    private final SharedLimit heldOfAll;

    /// What a client takes of the table.
    private static final class Share {
        private int datagrams;
        private int held;
    }

    public FragmentTable(GatewayLimits.Fragments limits, DropCounters drops) {
        this.limits = limits;
        this.drops = drops;
        datagramsOfAll = new SharedLimit(limits.datagramsMax(), DATAGRAMS_GUARANTEED);
        heldOfAll = new SharedLimit(limits.heldMax(), HELD_GUARANTEED);
    }

    /// A first piece that passes. A datagram that was begun before with the same identification
    /// ends: nothing more of it passes.
    ///
    /// @return null if there are too many: the piece is not worth sending
    public FragmentedDatagram admit(Object client, boolean outbound, IpPacket first, long nowNs) {
        var datagram = begin(client, outbound, first, nowNs);
        if (datagram == null) {
            return null;
        }
        datagram.admit(first);
        return datagram;
    }

    /// A first piece that does not pass: what waits for it is dropped, and what comes.
    public void refuse(Object client, boolean outbound, IpPacket first, long nowNs) {
        var datagram = begin(client, outbound, first, nowNs);
        if (datagram != null) {
            int waited = datagram.refuse();
            unhold(client, waited);
            drops.count(DropReason.FRAGMENT_REFUSED, waited);
        }
    }

    private void unhold(Object client, int pieces) {
        heldOfAll.remove(pieces);
        shares.get(client).held -= pieces;
    }

    private FragmentedDatagram begin(Object client, boolean outbound, IpPacket first, long nowNs) {
        var key = Key.of(client, outbound, first);
        var known = datagrams.get(key);
        if (known != null && !known.isUndecided()) {
            remove(key);
            known = null;
        }
        return known != null ? known : create(key, nowNs);
    }

    private FragmentedDatagram create(Key key, long nowNs) {
        var share = shares.get(key.client);
        int own = share == null ? 0 : share.datagrams;
        if (!datagramsOfAll.admits(own, limits.datagramsPerClientMax())) {
            drops.count(DropReason.FRAGMENTS_FULL);
            return null;
        }
        if (share == null) {
            share = new Share();
            shares.put(key.client, share);
        }
        share.datagrams++;
        datagramsOfAll.add(1);
        var datagram = new FragmentedDatagram(nowNs);
        datagrams.put(key, datagram);
        return datagram;
    }

    /// A later piece. What does not pass is counted.
    ///
    /// @param into is pointed at the datagram if the piece passes
    public Verdict take(Found into, Object client, boolean outbound, IpPacket piece, long nowNs) {
        var key = Key.of(client, outbound, piece);
        var datagram = datagrams.get(key);
        into.datagram = datagram;
        if (datagram == null) {
            var begun = create(key, nowNs);
            return begun == null ? Verdict.DROP : hold(begun, piece, client);
        }
        if (datagram.isUndecided()) {
            return hold(datagram, piece, client);
        }
        return append(key, datagram, piece);
    }

    /// What [#take] found.
    public static final class Found {
        private FragmentedDatagram datagram;

        public FragmentedDatagram datagram() {
            return datagram;
        }
    }

    private Verdict append(Key key, FragmentedDatagram datagram, IpPacket piece) {
        if (datagram.isRefused()) {
            drops.count(DropReason.FRAGMENT_REFUSED);
            return Verdict.DROP;
        }
        if (!datagram.append(piece)) {
            drops.count(DropReason.FRAGMENT_OVERLAP);
            return Verdict.DROP;
        }
        if (datagram.isWhole()) {
            remove(key);
        }
        return Verdict.PASS;
    }

    private Verdict hold(FragmentedDatagram datagram, IpPacket piece, Object client) {
        var share = shares.get(client);
        boolean hasRoom = heldOfAll.admits(share.held, limits.heldPerClientMax());
        if (!hasRoom || !datagram.hold(piece)) {
            drops.count(DropReason.FRAGMENTS_FULL);
            return Verdict.DROP;
        }
        heldOfAll.add(1);
        share.held++;
        return Verdict.HELD;
    }

    /// The next piece that waited for the first one of a datagram that was admitted, or null. It is
    /// to be given to [#take] like any other.
    public byte[] takeHeld(Object client, FragmentedDatagram datagram) {
        var piece = datagram.takeHeld();
        if (piece != null) {
            unhold(client, 1);
        }
        return piece;
    }

    /// Forgets what is too old.
    public void handleTimeout(long nowNs) {
        for (Iterator<Map.Entry<Key, FragmentedDatagram>> i = datagrams.entrySet().iterator();
                i.hasNext(); ) {
            var entry = i.next();
            if (nowNs - entry.getValue().beganNs() < AGE_NS_MAX) {
                return;
            }
            i.remove();
            release(entry.getKey(), entry.getValue());
        }
    }

    /// Forgets a client.
    public void forget(Object client) {
        if (!shares.containsKey(client)) {
            return;
        }
        for (Iterator<Map.Entry<Key, FragmentedDatagram>> i = datagrams.entrySet().iterator();
                i.hasNext(); ) {
            var entry = i.next();
            if (entry.getKey().client == client) {
                i.remove();
                release(entry.getKey(), entry.getValue());
            }
        }
    }

    private void remove(Key key) {
        release(key, datagrams.remove(key));
    }

    private void release(Key key, FragmentedDatagram datagram) {
        int waited = datagram.dropHeld();
        unhold(key.client, waited);
        drops.count(DropReason.FRAGMENT_WITHOUT_FIRST, waited);
        datagramsOfAll.remove(1);
        if (--shares.get(key.client).datagrams == 0) {
            shares.remove(key.client);
        }
    }

    /// Datagrams of which something is remembered.
    public int size() {
        return datagrams.size();
    }

    /// Pieces that wait for the first one of theirs.
    int held() {
        return heldOfAll.used();
    }
}
