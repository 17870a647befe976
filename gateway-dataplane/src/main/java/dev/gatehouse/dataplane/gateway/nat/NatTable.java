package dev.gatehouse.dataplane.gateway.nat;

import dev.gatehouse.dataplane.gateway.limit.SharedLimit;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import dev.gatehouse.wire.SeededHash;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// The translations of one client, tunnel.md 6.5 with the life times of 11.2 #4.
///
/// Refuses new sessions when full, and when a bounded number of tries finds no free id: a client
/// may have taken any of them before, and pays for that alone. A session that ended is
/// remembered as expired on its outside, so that late answers are not taken for traffic of a CIDR
/// resource; the oldest of those make room.
/// Protocols are [IpProtocol#TCP], `UDP` and `ICMP`, which here stands for ICMPv6 as well. Lookups
/// and use allocate nothing.
public final class NatTable {
    private static final long SECOND_NS = 1_000_000_000L;

    /// Where a session is in its life; sessions of a stage are queued by their last use.
    enum Stage {
        UNANSWERED(60 * SECOND_NS),
        TCP((2 * 60 + 4) * 60 * SECOND_NS),
        UDP(120 * SECOND_NS),
        ICMP(120 * SECOND_NS),
        CLOSING(5 * SECOND_NS),
        RESET(0),
        EXPIRED(Long.MAX_VALUE);

        private final long idleLimitNs;

        Stage(long idleLimitNs) {
            this.idleLimitNs = idleLimitNs;
        }
    }

    private static final Stage[] STAGES = Stage.values();
    private static final int ID_MAX = 0xFFFF;
    private static final int LENGTH_MIN = 64;

    /// As tunnel.md 6.5 has it. Clients that pick their ports at random meet a few taken ones.
    private static final int TRIES_IN_ORDER = 32;

    /// Of ids anywhere. No client has more than half of all, so a few find one by far.
    private static final int TRIES_ANYWHERE = 64;

    private final String clientId;
    private final NatJournal journal;
    private final SharedLimit liveOfAll;
    private final SharedLimit expiredOfAll;
    private final int sessionsMax;
    private final int expiredMax;
    private final long seed;
    private final SeededHash hash;
    private final NatSession[] oldest = new NatSession[STAGES.length];
    private final NatSession[] newest = new NatSession[STAGES.length];
    private NatSession[] byInside = new NatSession[LENGTH_MIN];
    private NatSession[] byOutside = new NatSession[LENGTH_MIN];
    private int shift = SeededHash.shift(byInside.length);
    private int live;
    private int expired;

    // Managed by NatJournal alone.
    int told;
    int toldUnanswered;
    int generation = 1;

    public NatTable(String clientId, NatShared shared) {
        this.clientId = clientId;
        journal = shared.journal;
        liveOfAll = shared.live;
        expiredOfAll = shared.expired;
        sessionsMax = shared.limits.sessionsPerClientMax();
        expiredMax = shared.limits.expiredPerClientMax();
        seed = shared.hashSeed;
        hash = new SeededHash(seed);
    }

    String clientId() {
        return clientId;
    }

    /// The live session of what the client sends from `id` to the proxy address, or null.
    public NatSession findInside(int protocol, int id, long proxyHigh, long proxyLow) {
        int slot = slot(protocol, id, proxyHigh, proxyLow);
        for (var s = byInside[slot]; s != null; s = s.nextInside) {
            if (s.isInside(protocol, id, proxyHigh, proxyLow)) {
                return s;
            }
        }
        return null;
    }

    /// The session of what the real address sends to `id`, live or expired, or null.
    public NatSession findOutside(int protocol, int id, long realHigh, long realLow) {
        int slot = slot(protocol, id, realHigh, realLow);
        for (var s = byOutside[slot]; s != null; s = s.nextOutside) {
            if (s.isOutside(protocol, id, realHigh, realLow)) {
                return s;
            }
        }
        return null;
    }

    /// No session can be made, for a limit of the client or of all.
    public boolean isFull() {
        return !liveOfAll.admits(live, sessionsMax);
    }

    /// Makes a session with the first free outside id from `id` upwards, or one anywhere if many
    /// are taken there. Returns null if the table is full, or none was found.
    public NatSession create(int protocol, int id, IpAddress proxy, IpAddress real, long nowNs) {
        int outsideId = isFull() ? -1 : freeOutsideId(protocol, id, proxy, real);
        if (outsideId < 0) {
            return null;
        }
        var session = new NatSession(this, protocol, proxy, id, real, outsideId);
        add(session, nowNs);
        return session;
    }

    private void add(NatSession session, long nowNs) {
        session.stage = stage(session);
        session.lastUsedNs = nowNs;
        growIfFull();
        live++;
        liveOfAll.add(1);
        link(session);
        addInside(session);
        addOutside(session);
        journal.note(session);
    }

    /// Makes a session of a predecessor again, as if it had been used at `nowNs`. False if the
    /// table is full, or either side is taken.
    public boolean restore(NatFlow flow, long nowNs) {
        var proxy = flow.proxy();
        var real = flow.real();
        if (isFull()
                || findInside(flow.protocol(), flow.insideId(), proxy.high(), proxy.low()) != null
                || findOutside(flow.protocol(), flow.outsideId(), real.high(), real.low())
                        != null) {
            return false;
        }
        var session =
                new NatSession(
                        this, flow.protocol(), proxy, flow.insideId(), real, flow.outsideId());
        session.answered = flow.answered();
        session.finOutbound = flow.finOutbound();
        session.finInbound = flow.finInbound();
        add(session, nowNs);
        return true;
    }

    /// In the order `id`, ..., 65535, 1, ..., `id` - 1 at first, then by chance.
    private int freeOutsideId(int protocol, int id, IpAddress proxy, IpAddress real) {
        int candidate = id;
        for (int tries = 0; tries < TRIES_IN_ORDER; tries++) {
            if (isFree(protocol, candidate, real)) {
                return candidate;
            }
            candidate = candidate == ID_MAX ? 1 : candidate + 1;
        }
        long mixed = seed + proxy.low() * ID_MAX + id; // many names may share a real address
        for (int tries = 0; tries < TRIES_ANYWHERE; tries++) {
            mixed = SeededHash.mix(mixed);
            candidate = 1 + (int) Long.remainderUnsigned(mixed, ID_MAX);
            if (isFree(protocol, candidate, real)) {
                return candidate;
            }
        }
        return -1;
    }

    /// Forgets the expired session that had the id.
    private boolean isFree(int protocol, int id, IpAddress real) {
        var taken = findOutside(protocol, id, real.high(), real.low());
        if (taken != null && taken.isExpired()) {
            forgetExpired(taken);
            return true;
        }
        return taken == null;
    }

    /// Notes a packet of the client; `tcpFlags` is 0 for other protocols.
    public void touchOutbound(NatSession session, int tcpFlags, long nowNs) {
        boolean opens = (tcpFlags & (IpPacket.TCP_SYN | IpPacket.TCP_ACK)) == IpPacket.TCP_SYN;
        if (opens && (session.reset || session.finOutbound || session.finInbound)) {
            session.reset = false; // the ports are used for another connection
            session.finOutbound = false;
            session.finInbound = false;
            session.answered = false;
        }
        session.finOutbound |= (tcpFlags & IpPacket.TCP_FIN) != 0;
        touch(session, tcpFlags, nowNs);
    }

    /// Notes a packet to the client; `tcpFlags` is 0 for other protocols.
    public void touchInbound(NatSession session, int tcpFlags, long nowNs) {
        session.answered = true;
        session.finInbound |= (tcpFlags & IpPacket.TCP_FIN) != 0;
        touch(session, tcpFlags, nowNs);
    }

    private void touch(NatSession session, int tcpFlags, long nowNs) {
        session.reset |= (tcpFlags & IpPacket.TCP_RST) != 0;
        session.lastUsedNs = nowNs;
        var stage = stage(session);
        if (session.stage != stage || newest[stage.ordinal()] != session) {
            unlink(session);
            session.stage = stage;
            link(session);
        }
        journal.note(session);
    }

    private static Stage stage(NatSession session) {
        if (session.reset) {
            return Stage.RESET;
        }
        if (session.finOutbound && session.finInbound) {
            return Stage.CLOSING;
        }
        if (!session.answered) {
            return Stage.UNANSWERED;
        }
        return switch (session.protocol) {
            case IpProtocol.TCP -> Stage.TCP;
            case IpProtocol.UDP -> Stage.UDP;
            default -> Stage.ICMP;
        };
    }

    /// Ends the sessions that were idle for too long.
    public void handleTimeout(long nowNs) {
        for (var stage : STAGES) {
            var session = oldest[stage.ordinal()];
            while (session != null && nowNs - session.lastUsedNs >= stage.idleLimitNs) {
                expire(session);
                session = oldest[stage.ordinal()];
            }
        }
    }

    /// Ends the sessions of some proxy addresses.
    public void expireIf(Predicate<IpAddress> proxy) {
        for (var stage : STAGES) {
            var session = stage == Stage.EXPIRED ? null : oldest[stage.ordinal()];
            while (session != null) {
                var next = session.newer;
                if (proxy.test(session.proxy)) {
                    expire(session);
                }
                session = next;
            }
        }
    }

    private void expire(NatSession session) {
        removeInside(session);
        unlink(session);
        session.stage = Stage.EXPIRED;
        live--;
        liveOfAll.remove(1);
        journal.noteEnd(session);
        remember(session);
    }

    /// As expired; the oldest of those makes room.
    private void remember(NatSession session) {
        if (!expiredOfAll.admits(expired, expiredMax)) {
            if (expired == 0) {
                removeOutside(session);
                return;
            }
            forgetExpired(oldest[Stage.EXPIRED.ordinal()]);
        }
        link(session);
        expired++;
        expiredOfAll.add(1);
    }

    private void forgetExpired(NatSession session) {
        removeOutside(session);
        unlink(session);
        expired--;
        expiredOfAll.remove(1);
    }

    /// Says all of it to the journal again.
    public void tellAgain() {
        journal.forget(this);
        forEachLive(
                session -> {
                    session.seenStage = -1;
                    journal.note(session);
                });
    }

    /// The client is gone: nothing of it is told any more.
    public void close() {
        clear();
        journal.forget(this);
    }

    /// From the longest unused of each stage on; `action` must not change the table.
    public void forEachLive(Consumer<NatSession> action) {
        for (var stage : STAGES) {
            if (stage != Stage.EXPIRED) {
                for (var s = oldest[stage.ordinal()]; s != null; s = s.newer) {
                    action.accept(s);
                }
            }
        }
    }

    /// Forgets everything, expired sessions too.
    public void clear() {
        forEachLive(
                session -> {
                    session.stage = Stage.EXPIRED;
                    journal.noteEnd(session);
                });
        byInside = new NatSession[LENGTH_MIN];
        byOutside = new NatSession[LENGTH_MIN];
        shift = SeededHash.shift(LENGTH_MIN);
        Arrays.fill(oldest, null);
        Arrays.fill(newest, null);
        liveOfAll.remove(live);
        expiredOfAll.remove(expired);
        live = 0;
        expired = 0;
    }

    /// Live sessions.
    public int size() {
        return live;
    }

    private void link(NatSession session) {
        int stage = session.stage.ordinal();
        session.older = newest[stage];
        session.newer = null;
        if (session.older == null) {
            oldest[stage] = session;
        } else {
            session.older.newer = session;
        }
        newest[stage] = session;
    }

    private void unlink(NatSession session) {
        int stage = session.stage.ordinal();
        if (session.older == null) {
            oldest[stage] = session.newer;
        } else {
            session.older.newer = session.newer;
        }
        if (session.newer == null) {
            newest[stage] = session.older;
        } else {
            session.newer.older = session.older;
        }
    }

    private void addInside(NatSession session) {
        var proxy = session.proxy;
        int slot = slot(session.protocol, session.insideId, proxy.high(), proxy.low());
        session.nextInside = byInside[slot];
        byInside[slot] = session;
    }

    private void addOutside(NatSession session) {
        var real = session.real;
        int slot = slot(session.protocol, session.outsideId, real.high(), real.low());
        session.nextOutside = byOutside[slot];
        byOutside[slot] = session;
    }

    private void removeInside(NatSession session) {
        var proxy = session.proxy;
        int slot = slot(session.protocol, session.insideId, proxy.high(), proxy.low());
        if (byInside[slot] == session) {
            byInside[slot] = session.nextInside;
            return;
        }
        var before = byInside[slot];
        while (before.nextInside != session) {
            before = before.nextInside;
        }
        before.nextInside = session.nextInside;
    }

    private void removeOutside(NatSession session) {
        var real = session.real;
        int slot = slot(session.protocol, session.outsideId, real.high(), real.low());
        if (byOutside[slot] == session) {
            byOutside[slot] = session.nextOutside;
            return;
        }
        var before = byOutside[slot];
        while (before.nextOutside != session) {
            before = before.nextOutside;
        }
        before.nextOutside = session.nextOutside;
    }

    private int slot(int protocol, int id, long high, long low) {
        return hash.slot(high, low, id << 8 | protocol, shift);
    }

    private void growIfFull() {
        if (live + expired < byInside.length) {
            return;
        }
        byInside = new NatSession[byInside.length * 2];
        byOutside = new NatSession[byInside.length];
        shift = SeededHash.shift(byInside.length);
        for (var stage : STAGES) {
            for (var s = oldest[stage.ordinal()]; s != null; s = s.newer) {
                addOutside(s);
                if (stage != Stage.EXPIRED) {
                    addInside(s);
                }
            }
        }
    }
}
