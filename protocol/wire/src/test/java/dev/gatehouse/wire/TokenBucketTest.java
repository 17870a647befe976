package dev.gatehouse.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long MS = 1_000_000L;

    private final TokenBucket bucket = new TokenBucket(10, 5);

    @Test
    void aBurstPassesAndThenSoManyASecond() {
        assertThat(taken(0, 1000)).isEqualTo(5);
        assertThat(taken(99, 1000)).isZero();
        assertThat(taken(100, 1000)).isOne();
        assertThat(LongStream.range(101, 2101).map(ms -> taken(ms, 1)).sum()).isEqualTo(20);
    }

    @Test
    void aQuietTimeBringsNoMoreThanTheBurst() {
        taken(0, 1000);

        assertThat(taken(3_600_000, 1000)).isEqualTo(5);
    }

    @Test
    void manyTokensAtOnceAreThoseThatOneByOneWouldGive() {
        assertThat(bucket.take(3, 0)).isEqualTo(3);
        assertThat(bucket.take(3, 0)).isEqualTo(2);
        assertThat(bucket.take(3, 0)).isZero();
        assertThat(bucket.take(3, 250 * MS)).isEqualTo(2);
    }

    @Test
    void aTokenMayBeRarerThanOneASecond() {
        var rare = TokenBucket.every(10_000 * MS, 2);

        assertThat(rare.take(9, 0)).isEqualTo(2);
        assertThat(rare.take(9_999 * MS)).isFalse();
        assertThat(rare.take(10_000 * MS)).isTrue();
    }

    @Test
    void whatIsSpentBeyondTheTokensIsPaidBackFirst() {
        bucket.spend(25, 0);

        assertThat(bucket.readyAtNs()).isEqualTo(2_100 * MS);
        assertThat(taken(2_099, 1000)).isZero();
        assertThat(bucket.take(3, 0)).isZero();
        assertThat(taken(2_100, 1000)).isOne();
        assertThat(taken(4_000, 1000)).isEqualTo(5);
    }

    private long taken(long ms, int tries) {
        return LongStream.range(0, tries).filter(_ -> bucket.take(ms * MS)).count();
    }
}
