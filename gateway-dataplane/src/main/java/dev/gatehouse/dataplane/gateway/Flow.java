package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.filter.Access;
import dev.gatehouse.dataplane.gateway.nat.NatSession;
import dev.gatehouse.wire.IpPacket;

/// The flow of the last packet and what was decided about it, so that a run of packets of one flow
/// costs one lookup. Valid within one batch only.
final class Flow {
    private static final int NONE = -1;

    private int protocol = NONE;
    private int ids; // both ports, or type, code and echo id
    private boolean v4;
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;

    ClientPeer peer;
    Access access;
    NatSession session; // null: not translated

    void forget() {
        protocol = NONE;
        peer = null;
        session = null;
    }

    boolean holds(IpPacket packet) {
        return protocol == packet.protocol()
                && v4 == packet.isV4()
                && sourceLow == packet.sourceLow()
                && destinationLow == packet.destinationLow()
                && sourceHigh == packet.sourceHigh()
                && destinationHigh == packet.destinationHigh()
                && ids == ids(packet);
    }

    /// Takes the packet's flow, before it is rewritten.
    void remember(IpPacket packet) {
        protocol = packet.protocol();
        v4 = packet.isV4();
        sourceHigh = packet.sourceHigh();
        sourceLow = packet.sourceLow();
        destinationHigh = packet.destinationHigh();
        destinationLow = packet.destinationLow();
        ids = ids(packet);
    }

    private static int ids(IpPacket packet) {
        if (packet.hasPorts()) {
            return packet.sourcePort() << 16 | packet.destinationPort();
        }
        return packet.isIcmp() ? packet.icmpType() << 16 | packet.echoId() : 0;
    }
}
