package dev.gatehouse.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SourceBucketsTest {
    private static final long S = 1_000_000_000L;

    private final SourceBuckets buckets = new SourceBuckets(10, 20, 7);

    @Test
    void eachSourceHasABurstAndARateOfItsOwn() {
        assertThat(taken("192.0.2.1", 0)).isEqualTo(20);
        assertThat(taken("192.0.2.2", 0)).isEqualTo(20);
        assertThat(taken("192.0.2.1", S)).isEqualTo(10);
    }

    @Test
    void theAddressesOfAnIpv6NetworkAreOneSource() {
        assertThat(taken("2001:db8::1", 0)).isEqualTo(20);
        assertThat(taken("2001:db8::2", 0)).isZero();
        assertThat(taken("2001:db8:0:1::1", 0)).isEqualTo(20);
    }

    private long taken(String source, long nowNs) {
        var address = IpAddress.parse(source);
        return IntStream.range(0, 100).filter(_ -> buckets.take(address, nowNs)).count();
    }
}
