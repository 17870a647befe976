package dev.gatehouse.dataplane.gateway.nat;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpProtocol;

/// One live translation, as a successor has to know it (tunnel.md 6.5). When it was last used is
/// not in it: it changes with every packet, and a successor counts from its own start.
///
/// @param protocol [IpProtocol#TCP], `UDP` or `ICMP`, which stands for ICMPv6 as well
/// @param insideId the client's port, or the identifier of its echo requests
/// @param outsideId what the resource sees in its place
public record NatFlow(
        String clientId,
        int protocol,
        IpAddress proxy,
        int insideId,
        IpAddress real,
        int outsideId,
        boolean answered,
        boolean finOutbound,
        boolean finInbound) {
    public NatFlow {
        if (protocol != IpProtocol.TCP
                && protocol != IpProtocol.UDP
                && protocol != IpProtocol.ICMP) {
            throw new IllegalArgumentException("no translation of protocol " + protocol);
        }
        if (insideId < 0 || insideId > 0xFFFF || outsideId < 0 || outsideId > 0xFFFF) {
            throw new IllegalArgumentException("an id of a translation has 16 bits");
        }
        if (proxy.isV4() != real.isV4()) {
            throw new IllegalArgumentException("a translation stays in its family");
        }
    }

    public static NatFlow of(NatSession session) {
        return new NatFlow(
                session.table.clientId(),
                session.protocol,
                session.proxy,
                session.insideId,
                session.real,
                session.outsideId,
                session.answered,
                session.finOutbound,
                session.finInbound);
    }
}
