package dev.gatehouse.dataplane.gateway.nat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Identifiers and life times of translations: tunnel.md 6.5 and 11.2 #4.
class NatTableTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final IpAddress PROXY = IpAddress.parse("100.96.0.1");
    private static final IpAddress REAL = IpAddress.parse("10.0.0.1");
    private static final int PORT = 4000;
    private static final int SYN = IpPacket.TCP_SYN;
    private static final int FIN = IpPacket.TCP_FIN | IpPacket.TCP_ACK;
    private static final int RST = IpPacket.TCP_RST;

    private final NatTable table = table(100_000, 100);

    @ParameterizedTest
    @CsvSource({"6, 7440", "17, 120", "1, 120"})
    void answeredSessionLivesForItsProtocolsTimeAfterEitherDirection(int protocol, long seconds) {
        var session = create(protocol);
        table.touchInbound(session, 0, 10 * SECOND_NS);
        table.touchOutbound(session, 0, 20 * SECOND_NS);
        table.touchInbound(session, 0, 30 * SECOND_NS);

        table.handleTimeout((30 + seconds) * SECOND_NS - 1);
        assertThat(find(protocol)).isSameAs(session);

        table.handleTimeout((30 + seconds) * SECOND_NS);
        assertThat(find(protocol)).isNull();
        assertThat(session.isExpired()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 17, 1})
    void neverAnsweredSessionLivesForAMinute(int protocol) {
        var session = create(protocol);
        table.touchOutbound(session, 0, SECOND_NS);

        table.handleTimeout(61 * SECOND_NS - 1);
        assertThat(find(protocol)).isSameAs(session);

        table.handleTimeout(61 * SECOND_NS);
        assertThat(find(protocol)).isNull();
    }

    @Test
    void connectionClosedByBothSidesLivesForFiveSeconds() {
        var session = create(IpProtocol.TCP);
        table.touchInbound(session, FIN, 0);
        table.handleTimeout(100 * SECOND_NS);
        assertThat(find(IpProtocol.TCP)).isSameAs(session);

        table.touchOutbound(session, FIN, 100 * SECOND_NS);
        table.touchInbound(session, IpPacket.TCP_ACK, 101 * SECOND_NS);
        table.handleTimeout(106 * SECOND_NS - 1);
        assertThat(find(IpProtocol.TCP)).isSameAs(session);

        table.handleTimeout(106 * SECOND_NS);
        assertThat(find(IpProtocol.TCP)).isNull();
    }

    @Test
    void resetConnectionEndsAtTheNextTick() {
        var session = create(IpProtocol.TCP);
        table.touchInbound(session, RST, SECOND_NS);
        assertThat(find(IpProtocol.TCP)).isSameAs(session);

        table.handleTimeout(SECOND_NS + 1);

        assertThat(find(IpProtocol.TCP)).isNull();
        assertThat(table.size()).isZero();
    }

    @Test
    void newConnectionOnTheSamePortsTakesTheSessionOver() {
        var session = create(IpProtocol.TCP);
        table.touchInbound(session, RST, SECOND_NS);
        table.touchOutbound(session, SYN, SECOND_NS + 1);

        table.handleTimeout(SECOND_NS + 2);

        assertThat(find(IpProtocol.TCP)).isSameAs(session);
    }

    @Test
    void lateAnswersFindTheExpiredSessionUntilItsIdIsUsedAgain() {
        create(IpProtocol.UDP);
        table.handleTimeout(60 * SECOND_NS);
        assertThat(outside(PORT).isExpired()).isTrue();

        var next = create(IpProtocol.UDP);

        assertThat(next.outsideId).isEqualTo(PORT);
        assertThat(outside(PORT)).isSameAs(next);
    }

    @Test
    void oldestExpiredSessionsMakeRoom() {
        for (int i = 0; i < 150; i++) {
            table.create(IpProtocol.UDP, i, PROXY, REAL, i);
        }

        table.handleTimeout(100 * SECOND_NS);

        assertThat(outside(49)).isNull();
        assertThat(outside(50).isExpired()).isTrue();
        assertThat(table.size()).isZero();
    }

    @Test
    void idsAreTriedUpwardsAndWrapToOne() {
        int last = 0xFFFF;
        var proxies = new ArrayList<IpAddress>();
        for (int i = 0; i < 4; i++) {
            proxies.add(IpAddress.v4(PROXY.asInt() + i));
        }

        var ids = new ArrayList<Integer>();
        for (var proxy : proxies) {
            ids.add(table.create(IpProtocol.UDP, last - 1, proxy, REAL, 0).outsideId);
        }

        assertThat(ids).containsExactly(last - 1, last, 1, 2);
    }

    @Test
    void whenAllIdsAreTakenThereIsNoSession() {
        for (int id = 0; id <= 0xFFFF; id++) {
            assertThat(table.create(IpProtocol.UDP, id, PROXY, REAL, 0)).isNotNull();
        }
        var other = IpAddress.v4(PROXY.asInt() + 1);

        assertThat(table.create(IpProtocol.UDP, 0, other, REAL, 0)).isNull();
        assertThat(table.create(IpProtocol.UDP, 7, other, REAL, 0)).isNull();
        assertThat(table.create(IpProtocol.TCP, 7, other, REAL, 0)).isNotNull();
    }

    /// A client could take the ids that come next before; there are others.
    @Test
    void longRunOfTakenIdsIsLeft() {
        for (int id = 1; id <= 16_000; id++) {
            assertThat(table.create(IpProtocol.UDP, id, PROXY, REAL, 0)).isNotNull();
        }
        var other = IpAddress.v4(PROXY.asInt() + 1);

        for (int id = 1; id <= 16_000; id++) {
            var session = table.create(IpProtocol.UDP, id, other, REAL, 0);
            assertThat(session).as("from port %d", id).isNotNull();
            assertThat(session.outsideId).isPositive();
        }
    }

    /// Nobody's flood takes what others need: however many clients have all they can get, the next
    /// one gets some, and a lone one all that a client may have.
    @Test
    void floodOfManyClientsLeavesRoomForTheNext() {
        var nat = new GatewayLimits.Nat(1_000, 9_000, 1_000, 9_000, 1_000, 9_000);
        var shared = new NatShared(nat, 1);
        assertThat(fill(new NatTable("lone", shared))).isEqualTo(1_000);

        for (int i = 0; i < 50; i++) {
            fill(new NatTable("greedy" + i, shared));
        }

        assertThat(fill(new NatTable("next", shared))).isGreaterThanOrEqualTo(100);
        assertThat(shared.live.used()).isLessThan(9_000 + 51 * 128);
    }

    private static int fill(NatTable table) {
        for (int id = 1; id <= 2_000; id++) {
            table.create(IpProtocol.UDP, id, PROXY, REAL, 0);
        }
        return table.size();
    }

    @Test
    void clientThatIsGoneGivesBackWhatIsLimitedForAll() {
        var nat = new GatewayLimits.Nat(1_000, 9_000, 100, 9_000, 1_000, 9_000);
        var shared = new NatShared(nat, 1);
        var gone = new NatTable("gone", shared);
        fill(gone);
        gone.handleTimeout(60 * SECOND_NS);
        fill(gone);

        assertThat(shared.live.used()).isEqualTo(1_000);
        assertThat(shared.expired.used()).isBetween(0, 100);
        gone.close();
        assertThat(shared.live.used()).isZero();
        assertThat(shared.expired.used()).isZero();
    }

    @Test
    void fullTableRefusesNewSessions() {
        var small = table(2, 1);
        small.create(IpProtocol.UDP, 1, PROXY, REAL, 0);
        small.create(IpProtocol.UDP, 2, PROXY, REAL, 0);

        assertThat(small.create(IpProtocol.UDP, 3, PROXY, REAL, 0)).isNull();
        small.handleTimeout(60 * SECOND_NS);
        assertThat(small.create(IpProtocol.UDP, 3, PROXY, REAL, 0)).isNotNull();
    }

    /// Against a twin that keeps all sessions in a list and scans it.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void behavesLikeALinearScan(long seed) {
        var random = new SplittableRandom(seed);
        var limited = table(300, 100_000);
        var twin = new LinkedHashMap<NatSession, Long>(); // live: last use
        long nowNs = 0;
        for (int step = 0; step < 20_000; step++) {
            nowNs += random.nextLong(SECOND_NS / 2);
            int id = random.nextInt(1, 60);
            var proxy = IpAddress.v4(PROXY.asInt() + random.nextInt(4));
            var real = IpAddress.v4(REAL.asInt() + random.nextInt(2));
            var found = limited.findInside(IpProtocol.UDP, id, 0, proxy.low());
            var expected =
                    twin.keySet().stream()
                            .filter(s -> s.isInside(IpProtocol.UDP, id, 0, proxy.low()))
                            .findFirst()
                            .orElse(null);
            assertThat(found).isSameAs(expected);
            if (found == null) {
                found = limited.create(IpProtocol.UDP, id, proxy, real, nowNs);
                assertThat(found == null).isEqualTo(twin.size() == 300);
            }
            if (found != null) {
                assertUnique(twin, found);
                limited.touchOutbound(found, 0, nowNs);
                twin.put(found, nowNs);
            }
            if (random.nextInt(20) == 0) {
                limited.handleTimeout(nowNs);
                long oldestNs = nowNs - 60 * SECOND_NS;
                twin.values().removeIf(lastNs -> lastNs <= oldestNs);
            }
            assertThat(limited.size()).isEqualTo(twin.size());
        }
    }

    private static void assertUnique(LinkedHashMap<NatSession, Long> twin, NatSession session) {
        var real = session.real;
        assertThat(twin.keySet())
                .noneMatch(
                        s ->
                                s != session
                                        && s.isOutside(
                                                session.protocol,
                                                session.outsideId,
                                                real.high(),
                                                real.low()));
    }

    private static NatTable table(int sessionsMax, int expiredMax) {
        var nat =
                new GatewayLimits.Nat(
                        sessionsMax, 10_000_000, expiredMax, 10_000_000, 1_000, 10_000);
        return new NatTable("client", new NatShared(nat, 1));
    }

    private NatSession create(int protocol) {
        return table.create(protocol, PORT, PROXY, REAL, 0);
    }

    private NatSession find(int protocol) {
        return table.findInside(protocol, PORT, PROXY.high(), PROXY.low());
    }

    private NatSession outside(int id) {
        return table.findOutside(IpProtocol.UDP, id, REAL.high(), REAL.low());
    }
}
