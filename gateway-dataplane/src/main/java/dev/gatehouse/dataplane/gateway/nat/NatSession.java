package dev.gatehouse.dataplane.gateway.nat;

import dev.gatehouse.wire.IpAddress;

/// One row of a client's [NatTable]: (proxy address, inside id) stands for (real address, outside
/// id). Ids are ports, or the identifiers of echo requests.
public final class NatSession {
    final NatTable table;
    final int protocol;
    public final IpAddress proxy;
    final int insideId;
    final IpAddress real;
    public final int outsideId;

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

    // Managed by NatJournal alone.
    int seenStage = -1; // as toldStage() was when the journal last looked
    int toldGeneration; // of the table when this was told; 0: not told
    boolean isToldUnanswered;
    boolean waitsInJournal;
    NatSession nextInJournal;
    NatSession previousInJournal;

    NatSession(
            NatTable table,
            int protocol,
            IpAddress proxy,
            int insideId,
            IpAddress real,
            int outsideId) {
        this.table = table;
        this.protocol = protocol;
        this.proxy = proxy;
        this.insideId = insideId;
        this.real = real;
        this.outsideId = outsideId;
    }

    /// What the client knows in place of the real address.
    public IpAddress proxy() {
        return proxy;
    }

    public boolean isExpired() {
        return stage == NatTable.Stage.EXPIRED;
    }

    /// No packet but the last ones of its connection is expected.
    boolean isEnding() {
        return reset || finOutbound && finInbound;
    }

    /// What a successor has to know of its life, in one number.
    int toldStage() {
        return (answered ? 1 : 0) | (finOutbound ? 2 : 0) | (finInbound ? 4 : 0);
    }

    boolean isTold() {
        return toldGeneration == table.generation;
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
