package dev.gatehouse.portal.listener;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.wire.IpNetwork;
import io.vertx.core.MultiMap;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Headers of any number and length cost what their bytes do.
class RemotePeerComplexityTest {
    private static final int N = 250;
    private static final int ROUNDS = 50;
    private static final RemotePeer.Proxies PROXIES =
            new RemotePeer.Proxies(List.of(IpNetwork.parse("10.0.0.0/8")), 16, true);

    @Test
    void aLongRowOfProxiesIsLinear() {
        assertThat(bytes("10.1.1.1,".repeat(8 * N), 1))
                .isLessThanOrEqualTo(10 * bytes("10.1.1.1,".repeat(N), 1));
    }

    @Test
    void manyHeadersAreLinear() {
        assertThat(bytes("10.1.1.1", 8 * N)).isLessThanOrEqualTo(10 * bytes("10.1.1.1", N));
    }

    @Test
    void aLongEntryIsNotParsed() {
        assertThat(bytes(":".repeat(8 * N), 1)).isLessThanOrEqualTo(10 * bytes(":".repeat(N), 1));
    }

    private static long bytes(String forwarded, int headers) {
        var map = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < headers; i++) {
            map.add("X-Forwarded-For", forwarded);
            map.add("X-Geo-Location-Coordinates", forwarded);
        }
        RemotePeer.of("10.0.0.1", map, PROXIES);
        return AllocatedBytes.of(ROUNDS, _ -> RemotePeer.of("10.0.0.1", map, PROXIES));
    }
}
