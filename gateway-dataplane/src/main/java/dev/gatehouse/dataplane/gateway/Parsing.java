package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.wire.IpPacket;

/// Names what is wrong with a packet.
final class Parsing {
    private Parsing() {}

    static DropReason reason(IpPacket.Verdict verdict) {
        return verdict == IpPacket.Verdict.FRAGMENT ? DropReason.FRAGMENT : DropReason.MALFORMED;
    }
}
