package dev.gatehouse.http.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.http.table.ConnectionTable.Verdict;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConnectionTableTest {
    private static final long DEADLINE_NS = 10_000_000_000L;
    private static final long SECOND_NS = 1_000_000_000L;

    @Test
    void whoHoldsThousandsLosesHisOwn() {
        var table = new ConnectionTable(100, 90);
        var honest = admitted(table, "192.0.2.1", 0);
        for (int i = 0; i < 99; i++) {
            table.admit(prefix("203.0.113.9"), DEADLINE_NS, 0);
        }

        var late = admitted(table, "192.0.2.2", 0);
        var later = admitted(table, "192.0.2.3", SECOND_NS);

        assertThat(table.size()).isEqualTo(94 - 1);
        assertThat(table.remove(honest.entry())).isTrue();
        assertThat(table.remove(late.entry())).isTrue();
        assertThat(table.remove(later.entry())).isTrue();
    }

    @Test
    void aFullTableTakesThePlaceOfTheHeaviest() {
        var table = new ConnectionTable(10, 10);
        var oldest = admitted(table, "203.0.113.9", 0);
        for (int i = 0; i < 8; i++) {
            table.admit(prefix("203.0.113.9"), DEADLINE_NS, 0);
        }
        table.admit(prefix("192.0.2.1"), DEADLINE_NS, 0);

        var newcomer = admitted(table, "192.0.2.2", 0);

        assertThat(newcomer.replaced()).contains(oldest.entry());
        assertThat(table.size()).isEqualTo(10);
    }

    @Test
    void aFloodIsRefusedAndNotReplacedWithoutEnd() {
        var table = new ConnectionTable(1000, 50);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            var verdict = table.admit(prefix("203.0.113.9"), DEADLINE_NS, 0);
            refused += verdict == Verdict.Refused.PREFIX_FULL ? 1 : 0;
        }

        assertThat(table.size()).isEqualTo(50);
        assertThat(refused).isEqualTo(20_000 - 50 - 200);
        assertThat(table.admit(prefix("192.0.2.1"), DEADLINE_NS, 0))
                .isInstanceOf(Verdict.Admitted.class);
    }

    @Test
    void aReserveOffersFreePlacesOnly() {
        var table = new ConnectionTable(2, 1);

        assertThat(table.offer(prefix("192.0.2.1"), DEADLINE_NS)).isPresent();
        assertThat(table.offer(prefix("192.0.2.1"), DEADLINE_NS)).isEmpty();
        assertThat(table.offer(prefix("192.0.2.2"), DEADLINE_NS)).isPresent();
        assertThat(table.offer(prefix("192.0.2.3"), DEADLINE_NS)).isEmpty();
    }

    @Test
    void aCustomersNetworkCountsAsOne() {
        assertThat(prefix("2001:db8:0:100::1")).isEqualTo(prefix("2001:db8:0:1ff:8::2"));
        assertThat(prefix("2001:db8:0:100::1")).isNotEqualTo(prefix("2001:db8:0:200::1"));
        assertThat(prefix("::ffff:192.0.2.1")).isEqualTo(prefix("192.0.2.1"));
        assertThat(prefix("192.0.2.1")).isNotEqualTo(prefix("192.0.2.2"));
    }

    @Test
    void whatHasHadItsTimeGoes() {
        var table = new ConnectionTable(10, 10);
        var slow = admitted(table, "192.0.2.1", 0);
        var quick = admitted(table, "192.0.2.1", 0);
        quick.entry().deadline(3 * DEADLINE_NS);

        assertThat(table.removeExpired(DEADLINE_NS)).containsExactly(slow.entry());
        assertThat(table.remove(slow.entry())).isFalse();
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void whoWasNotSeenForLongestIsForgotten() {
        var known = new KnownPrefixes(2);
        known.add(prefix("192.0.2.1"));
        known.add(prefix("192.0.2.2"));
        known.add(prefix("192.0.2.1"));
        known.add(prefix("192.0.2.3"));

        assertThat(known.contains(prefix("192.0.2.1"))).isTrue();
        assertThat(known.contains(prefix("192.0.2.2"))).isFalse();
        assertThat(known.contains(prefix("192.0.2.3"))).isTrue();
    }

    private static Verdict.Admitted admitted(ConnectionTable table, String address, long nowNs) {
        return Optional.of(table.admit(prefix(address), DEADLINE_NS, nowNs))
                .map(Verdict.Admitted.class::cast)
                .orElseThrow();
    }

    private static IpNetwork prefix(String address) {
        return ConnectionTable.prefix(IpAddress.parse(address));
    }
}
