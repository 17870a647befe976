package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.drop.DropCounters;
import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Access;
import dev.gatehouse.dataplane.gateway.fragment.FragmentTable;
import dev.gatehouse.dataplane.gateway.fragment.FragmentedDatagram;
import dev.gatehouse.dataplane.gateway.nat.NatSession;
import dev.gatehouse.dataplane.gateway.nat.Translation;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;

/// Datagrams in pieces on their way in one direction: the first piece is decided on by whoever
/// decides on whole packets, and decides on the others. Owned by the shard's thread.
final class FragmentPath {
    private final boolean outbound;
    private final FragmentTable fragments;
    private final Scratch scratch;
    private final DropCounters drops;
    private final FragmentTable.Found found = new FragmentTable.Found();
    private final IpPacket heldPacket = new IpPacket();

    /// @param outbound from clients to the TUN device, else from there to clients
    FragmentPath(boolean outbound, FragmentTable fragments, Scratch scratch, DropCounters drops) {
        this.outbound = outbound;
        this.fragments = fragments;
        this.scratch = scratch;
        this.drops = drops;
    }

    /// A first piece that passes: what was decided about it counts for the others.
    ///
    /// @param isUnchecked it is of what the client has with the gateway itself
    /// @param session null: not translated
    /// @return null if there are too many: the piece is not worth sending
    FragmentedDatagram admit(
            ClientPeer peer, IpPacket first, boolean isUnchecked, NatSession session, long nowNs) {
        var datagram = fragments.admit(peer, outbound, first, nowNs);
        if (datagram != null) {
            datagram.decide(first.protocol(), remotePort(first), isUnchecked, session);
        }
        return datagram;
    }

    private int remotePort(IpPacket first) {
        if (!first.hasPorts()) {
            return 0;
        }
        return outbound ? first.destinationPort() : first.sourcePort();
    }

    /// A first piece that does not pass, nor what follows.
    void refuse(ClientPeer peer, IpPacket first, long nowNs) {
        fragments.refuse(peer, outbound, first, nowNs);
    }

    /// What came before the first piece, which has passed now.
    void forwardHeld(ClientPeer peer, FragmentedDatagram datagram, GatewayOutput out, long nowNs) {
        byte[] held = fragments.takeHeld(peer, datagram);
        while (held != null) {
            var batch = scratch.load(held);
            heldPacket.parse(batch.buffer(), batch.offset(0), held.length);
            forwardLater(peer, heldPacket, batch, 0, out, nowNs);
            held = fragments.takeHeld(peer, datagram);
        }
    }

    /// A piece that is not the first; what does not pass is counted.
    void forwardLater(
            ClientPeer peer,
            IpPacket piece,
            PacketBatch packets,
            int i,
            GatewayOutput out,
            long nowNs) {
        var verdict = fragments.take(found, peer, outbound, piece, nowNs);
        if (verdict != FragmentTable.Verdict.PASS) {
            return;
        }
        var datagram = found.datagram();
        if (!isStillAllowed(peer, datagram, piece)) {
            drops.count(DropReason.FRAGMENT_REFUSED);
            return;
        }
        var session = datagram.session();
        if (outbound) {
            if (session != null) {
                Translation.rewriteLaterOutbound(piece, session);
            }
            out.toTun(packets, i);
        } else {
            if (session != null) {
                Translation.rewriteLaterInbound(piece, session);
            }
            out.toPeer(peer.id(), packets, i);
        }
    }

    /// What the first piece decided, decided again: what the client may do can have changed since.
    private boolean isStillAllowed(ClientPeer peer, FragmentedDatagram datagram, IpPacket piece) {
        if (datagram.isUnchecked()) {
            return true;
        }
        var session = datagram.session();
        long high;
        long low;
        if (outbound) {
            high = piece.destinationHigh();
            low = piece.destinationLow();
        } else {
            high = session == null ? piece.sourceHigh() : session.proxy().high();
            low = session == null ? piece.sourceLow() : session.proxy().low();
        }
        var access =
                peer.access(piece.isV4(), high, low, datagram.protocol(), datagram.remotePort());
        return session == null
                ? access == Access.ALLOWED
                : access == Access.TRANSLATED || access == Access.UNMAPPED;
    }
}
