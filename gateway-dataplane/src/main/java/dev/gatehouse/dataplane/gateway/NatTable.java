package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// The translations of one client, tunnel.md 6.5 with the life times of 11.2 #4.
///
/// Refuses new sessions when full. A session that ended is remembered as expired on its outside, so
/// that late answers are not taken for traffic of a CIDR resource; the oldest of those make room.
/// Protocols are [IpProtocol#TCP], `UDP` and `ICMP`, which here stands for ICMPv6 as well. Lookups
/// and use allocate nothing.
final class NatTable {
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

    private final String clientId;
    private final NatJournal journal;
    private final int sessionsMax;
    private final int expiredMax;
    private final NatSession[] oldest = new NatSession[STAGES.length];
    private final NatSession[] newest = new NatSession[STAGES.length];
    private NatSession[] byInside = new NatSession[64];
    private NatSession[] byOutside = new NatSession[64];
    private int live;
    private int expired;

    // Managed by NatJournal alone.
    int told;
    int toldUnanswered;
    int generation = 1;

    /// @param journal hears of every change of what a successor has to know
    NatTable(String clientId, GatewayLimits limits, NatJournal journal) {
        this.clientId = clientId;
        this.journal = journal;
        sessionsMax = limits.natSessionsPerClientMax();
        expiredMax = limits.expiredSessionsPerClientMax();
    }

    String clientId() {
        return clientId;
    }

    /// The live session of what the client sends from `id` to the proxy address, or null.
    NatSession findInside(int protocol, int id, long proxyHigh, long proxyLow) {
        int slot = slot(protocol, id, proxyHigh, proxyLow);
        for (var s = byInside[slot]; s != null; s = s.nextInside) {
            if (s.isInside(protocol, id, proxyHigh, proxyLow)) {
                return s;
            }
        }
        return null;
    }

    /// The session of what the real address sends to `id`, live or expired, or null.
    NatSession findOutside(int protocol, int id, long realHigh, long realLow) {
        int slot = slot(protocol, id, realHigh, realLow);
        for (var s = byOutside[slot]; s != null; s = s.nextOutside) {
            if (s.isOutside(protocol, id, realHigh, realLow)) {
                return s;
            }
        }
        return null;
    }

    /// Makes a session with the first free outside id from `id` upwards, or returns null if the
    /// table or all ids are taken.
    NatSession create(int protocol, int id, IpAddress proxy, IpAddress real, long nowNs) {
        int outsideId = live < sessionsMax ? freeOutsideId(protocol, id, real) : -1;
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
        link(session);
        addInside(session);
        addOutside(session);
        journal.note(session);
    }

    /// Makes a session of a predecessor again, as if it had been used at `nowNs`. False if the
    /// table is full, or either side is taken.
    boolean restore(NatFlow flow, long nowNs) {
        var proxy = flow.proxy();
        var real = flow.real();
        if (live >= sessionsMax
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

    /// In the order `id`, ..., 65535, 1, ..., `id` - 1; forgets the expired session that had it.
    private int freeOutsideId(int protocol, int id, IpAddress real) {
        int candidate = id;
        for (int tries = 0; tries <= ID_MAX; tries++) {
            var taken = findOutside(protocol, candidate, real.high(), real.low());
            if (taken == null) {
                return candidate;
            }
            if (taken.isExpired()) {
                forgetExpired(taken);
                return candidate;
            }
            candidate = candidate == ID_MAX ? 1 : candidate + 1;
        }
        return -1;
    }

    /// Notes a packet of the client; `tcpFlags` is 0 for other protocols.
    void touchOutbound(NatSession session, int tcpFlags, long nowNs) {
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
    void touchInbound(NatSession session, int tcpFlags, long nowNs) {
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
    void handleTimeout(long nowNs) {
        for (var stage : STAGES) {
            var session = oldest[stage.ordinal()];
            while (session != null && nowNs - session.lastUsedNs >= stage.idleLimitNs) {
                expire(session);
                session = oldest[stage.ordinal()];
            }
        }
    }

    /// Ends the sessions of some proxy addresses.
    void expireIf(Predicate<IpAddress> proxy) {
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
        link(session);
        live--;
        expired++;
        journal.noteEnd(session);
        if (expired > expiredMax) {
            forgetExpired(oldest[Stage.EXPIRED.ordinal()]);
        }
    }

    private void forgetExpired(NatSession session) {
        removeOutside(session);
        unlink(session);
        expired--;
    }

    /// Says all of it to the journal again.
    void tellAgain() {
        journal.forget(this);
        forEachLive(
                session -> {
                    session.seenStage = -1;
                    journal.note(session);
                });
    }

    /// The client is gone: nothing of it is told any more.
    void close() {
        clear();
        journal.forget(this);
    }

    /// From the longest unused of each stage on; `action` must not change the table.
    void forEachLive(Consumer<NatSession> action) {
        for (var stage : STAGES) {
            if (stage != Stage.EXPIRED) {
                for (var s = oldest[stage.ordinal()]; s != null; s = s.newer) {
                    action.accept(s);
                }
            }
        }
    }

    /// Forgets everything, expired sessions too.
    void clear() {
        forEachLive(
                session -> {
                    session.stage = Stage.EXPIRED;
                    journal.noteEnd(session);
                });
        Arrays.fill(byInside, null);
        Arrays.fill(byOutside, null);
        Arrays.fill(oldest, null);
        Arrays.fill(newest, null);
        live = 0;
        expired = 0;
    }

    /// Live sessions.
    int size() {
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
        long mixed = ((high * 31 + low) * 31 + id) * 31 + protocol;
        return (int) (mixed * 0x9E3779B97F4A7C15L >>> 32) & byInside.length - 1;
    }

    private void growIfFull() {
        if (live + expired < byInside.length) {
            return;
        }
        byInside = new NatSession[byInside.length * 2];
        byOutside = new NatSession[byInside.length];
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
