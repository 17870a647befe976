package dev.gatehouse.dataplane.gateway.nat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class NatJournalTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int TOLD_PER_CLIENT_MAX = 80; // so 10 unanswered ones
    private static final int TOLD_MAX = 720;
    private static final int EVERYTHING = Integer.MAX_VALUE;
    private static final IpAddress PROXY = IpAddress.parse("100.96.0.1");
    private static final IpAddress REAL = IpAddress.parse("10.0.0.3");

    private final NatShared shared =
            new NatShared(
                    new GatewayLimits.Nat(
                            100_000, 1_000_000, 100_000, 1_000_000, TOLD_PER_CLIENT_MAX, TOLD_MAX),
                    1);
    private final NatJournal journal = shared.journal();
    private final NatTable table = new NatTable("client", shared);

    @Test
    void nothingIsGatheredWhileNobodyListens() {
        answered(table, 1);
        assertThat(journal.isEmpty()).isTrue();

        listen(table);
        assertThat(journal.take(EVERYTHING).changed()).hasSize(1);

        answered(table, 2);
        journal.end();
        assertThat(journal.isEmpty()).isTrue();
        listen(table);
        assertThat(journal.take(EVERYTHING).changed()).hasSize(2);
        assertThat(journal.told()).isEqualTo(2);
    }

    @Test
    void flowThatCameAndWentIsNeverTold() {
        listen(table);
        var session = answered(table, 1);
        table.touchInbound(session, IpPacket.TCP_RST, 0);
        table.handleTimeout(0);
        var closed = answered(table, 2);
        table.touchOutbound(closed, IpPacket.TCP_FIN, 0);
        table.touchInbound(closed, IpPacket.TCP_FIN, 0);

        assertThat(journal.take(EVERYTHING).isEmpty()).isTrue();
        table.handleTimeout(10 * SECOND_NS);
        assertThat(journal.take(EVERYTHING).isEmpty()).isTrue();
        assertThat(table.size()).isZero();
    }

    @Test
    void onlyAChangeOfItsLifeIsToldAgain() {
        listen(table);
        var session = table.create(IpProtocol.TCP, 1, PROXY, REAL, 0);
        assertThat(journal.take(EVERYTHING).changed()).containsExactly(NatFlow.of(session));

        table.touchOutbound(session, IpPacket.TCP_ACK, 1);
        assertThat(journal.isEmpty()).isTrue();
        table.touchInbound(session, IpPacket.TCP_ACK, 2);
        table.touchOutbound(session, IpPacket.TCP_FIN, 3);
        var changed = journal.take(EVERYTHING).changed();
        assertThat(changed).containsExactly(NatFlow.of(session));
        assertThat(changed.getFirst().answered()).isTrue();
        assertThat(changed.getFirst().finOutbound()).isTrue();

        for (int i = 0; i < 1_000; i++) {
            table.touchInbound(session, IpPacket.TCP_ACK, 4 + i);
        }
        assertThat(journal.isEmpty()).isTrue();
    }

    @Test
    void whatWasToldIsTakenBackWhenItEnds() {
        listen(table);
        answered(table, 1);
        answered(table, 2);
        var told = journal.take(EVERYTHING).changed();

        table.clear();

        assertThat(journal.take(EVERYTHING).gone()).hasSameElementsAs(told);
        assertThat(journal.told()).isZero();
    }

    @Test
    void aBurstIsToldInPieces() {
        listen(table);
        for (int id = 1; id <= TOLD_PER_CLIENT_MAX; id++) {
            answered(table, id);
        }

        var ids = new HashSet<Integer>();
        for (int take = 0; take < 8; take++) {
            var changed = journal.take(10).changed();
            assertThat(changed).hasSize(10);
            changed.forEach(flow -> ids.add(flow.insideId()));
        }

        assertThat(ids).hasSize(TOLD_PER_CLIENT_MAX);
        assertThat(journal.isEmpty()).isTrue();
    }

    @Test
    void aFloodOfUnansweredFlowsLeavesRoomForTheOthers() {
        listen(table);
        var flood = new ArrayList<NatSession>();
        for (int id = 1; id <= 1_000; id++) {
            flood.add(table.create(IpProtocol.TCP, id, PROXY, REAL, 0));
        }
        assertThat(journal.take(EVERYTHING).changed()).hasSize(TOLD_PER_CLIENT_MAX / 8);
        assertThat(journal.refused()).isEqualTo(1_000 - TOLD_PER_CLIENT_MAX / 8);

        answered(table, 2_000);
        table.touchInbound(flood.getLast(), 0, 1); // a late answer to one that was refused

        assertThat(journal.take(EVERYTHING).changed())
                .extracting(NatFlow::insideId)
                .containsExactly(2_000, 1_000);
    }

    @Test
    void toldOnesAreLimitedForAClientAndInAll() {
        listen(table);
        for (int id = 1; id <= 2 * TOLD_PER_CLIENT_MAX; id++) {
            answered(table, id);
        }
        assertThat(journal.take(EVERYTHING).changed()).hasSize(TOLD_PER_CLIENT_MAX);

        for (int i = 0; i < 30; i++) {
            toldOf(new NatTable("greedy" + i, shared));
        }

        assertThat(toldOf(new NatTable("next", shared))).isGreaterThanOrEqualTo(16);
        assertThat(journal.told()).isLessThanOrEqualTo(TOLD_MAX + 32 * 16);
        int before = journal.told();

        table.close();

        assertThat(journal.told()).isEqualTo(before - TOLD_PER_CLIENT_MAX);
        assertThat(journal.take(EVERYTHING).isEmpty()).as("gone with its client").isTrue();
    }

    private int toldOf(NatTable client) {
        for (int id = 1; id <= TOLD_PER_CLIENT_MAX; id++) {
            answered(client, id);
        }
        return journal.take(EVERYTHING).changed().size();
    }

    /// A client may open and reset connections faster than reports tell of them.
    @Test
    void whatCameAndWentDoesNotWaitForAReport() {
        listen(table);
        for (int i = 0; i < 10_000; i++) {
            table.touchInbound(answered(table, 1 + i), IpPacket.TCP_RST, i);
            table.handleTimeout(i);
        }
        var stays = answered(table, 20_000);

        assertThat(journal.take(1).changed()).containsExactly(NatFlow.of(stays));
        assertThat(journal.isEmpty()).isTrue();
    }

    @Test
    void aClientToldAgainCountsOnce() {
        listen(table);
        var session = answered(table, 1);
        answered(table, 2);
        journal.take(EVERYTHING);
        table.touchOutbound(session, IpPacket.TCP_RST, 1);
        table.handleTimeout(1);

        table.tellAgain();

        var changes = journal.take(EVERYTHING);
        assertThat(changes.gone()).as("forgotten with the rest").isEmpty();
        assertThat(changes.changed()).extracting(NatFlow::insideId).containsExactly(2);
        assertThat(journal.told()).isEqualTo(1);
    }

    private void listen(NatTable... tables) {
        journal.begin();
        List.of(tables).forEach(NatTable::tellAgain);
    }

    private static NatSession answered(NatTable table, int id) {
        var session = table.create(IpProtocol.TCP, id, PROXY, REAL, 0);
        table.touchOutbound(session, IpPacket.TCP_SYN, 0);
        table.touchInbound(session, IpPacket.TCP_SYN | IpPacket.TCP_ACK, 0);
        return session;
    }
}
