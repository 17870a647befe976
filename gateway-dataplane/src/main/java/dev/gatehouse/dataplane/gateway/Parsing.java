package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.wire.IpPacket;

/// Names what is wrong with a packet.
final class Parsing {
    private Parsing() {}

    static boolean isUsable(IpPacket.Verdict verdict) {
        return verdict == IpPacket.Verdict.OK || verdict == IpPacket.Verdict.FRAGMENT;
    }

    static DropReason reason(IpPacket.Verdict verdict) {
        return verdict == IpPacket.Verdict.BAD_FRAGMENT
                ? DropReason.BAD_FRAGMENT
                : DropReason.MALFORMED;
    }
}
