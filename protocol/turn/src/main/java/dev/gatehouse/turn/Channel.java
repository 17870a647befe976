package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;
import java.time.Duration;

/// One channel of an allocation: a number that stands for a peer, tunnel.md section 3.6.
///
/// Requested, then confirmed; a confirmed one may be requested again (refreshed). Written on the
/// packet path, hence plain fields.
public final class Channel {
    static final long LIFETIME_NS = Duration.ofMinutes(10).toNanos();
    static final long REFRESH_AFTER_NS = Duration.ofMinutes(5).toNanos();
    static final long REUSE_AFTER_NS = Duration.ofMinutes(15).toNanos();

    private static final long NOT_YET = Long.MIN_VALUE;

    private final int number;
    private final Endpoint peer;
    private long requestedAtNs = NOT_YET;
    private long confirmedAtNs = NOT_YET;
    private long receivedAtNs = NOT_YET;
    private boolean forgotten;

    Channel(int number, Endpoint peer) {
        this.number = number;
        this.peer = peer;
    }

    static Channel restored(int number, Endpoint peer, long confirmedAtNs) {
        var channel = new Channel(number, peer);
        channel.confirmedAtNs = confirmedAtNs;
        return channel;
    }

    /// 0x4000 to 0x4FFF.
    public int number() {
        return number;
    }

    Endpoint peer() {
        return peer;
    }

    void request(long nowNs) {
        requestedAtNs = nowNs;
    }

    /// @param sentAtNs when the request left: the relay's clock started after that
    void confirm(long sentAtNs) {
        requestedAtNs = NOT_YET;
        confirmedAtNs = sentAtNs;
        receivedAtNs = NOT_YET;
    }

    void receive(long nowNs) {
        receivedAtNs = nowNs;
    }

    void forget() {
        forgotten = true;
    }

    boolean isRequested() {
        return requestedAtNs != NOT_YET;
    }

    boolean isConfirmed() {
        return confirmedAtNs != NOT_YET && !forgotten;
    }

    /// Only of a confirmed channel.
    long confirmedAtNs() {
        return confirmedAtNs;
    }

    boolean isFresh(long nowNs) {
        return isConfirmed() && nowNs < confirmedAtNs + LIFETIME_NS;
    }

    /// Data may go out: the binding stands, or was asked for and is likely to stand on arrival.
    boolean canSend(long nowNs) {
        boolean requested = isRequested() && nowNs < requestedAtNs + LIFETIME_NS;
        return !forgotten && (isFresh(nowNs) || requested);
    }

    boolean wantsRefresh(long nowNs) {
        return isConfirmed()
                && !isRequested()
                && receivedAtNs != NOT_YET
                && nowNs >= confirmedAtNs + REFRESH_AFTER_NS;
    }

    /// The relay refuses a second number for this peer: bind again under the old one.
    boolean holdsPeer(long nowNs) {
        return isRequested() || (isConfirmed() && nowNs < confirmedAtNs + REUSE_AFTER_NS);
    }

    boolean isNumberReusable(long nowNs) {
        boolean silent = receivedAtNs == NOT_YET || nowNs >= receivedAtNs + REUSE_AFTER_NS;
        return !holdsPeer(nowNs) && silent;
    }
}
