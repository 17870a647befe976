package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.wire.IpAddress;

/// One row of a client's [NatTable]: (proxy address, inside id) stands for (real address, outside
/// id). Ids are ports, or the identifiers of echo requests.
final class NatSession {
    final int protocol;
    final IpAddress proxy;
    final int insideId;
    final IpAddress real;
    final int outsideId;

    // Managed by NatTable alone.
    long lastUsedNs;
    boolean answered;
    boolean finOutbound;
    boolean finInbound;
    boolean reset;
    NatTable.Stage stage;
    NatSession nextInside;
    NatSession nextOutside;
    NatSession older;
    NatSession newer;

    NatSession(int protocol, IpAddress proxy, int insideId, IpAddress real, int outsideId) {
        this.protocol = protocol;
        this.proxy = proxy;
        this.insideId = insideId;
        this.real = real;
        this.outsideId = outsideId;
    }

    boolean isExpired() {
        return stage == NatTable.Stage.EXPIRED;
    }

    boolean isInside(int protocol, int id, long high, long low) {
        return insideId == id
                && this.protocol == protocol
                && proxy.low() == low
                && proxy.high() == high;
    }

    boolean isOutside(int protocol, int id, long high, long low) {
        return outsideId == id
                && this.protocol == protocol
                && real.low() == low
                && real.high() == high;
    }
}
