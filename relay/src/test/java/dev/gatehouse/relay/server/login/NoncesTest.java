package dev.gatehouse.relay.server.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.wire.Endpoint;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class NoncesTest {
    @Test
    void aNonceIsUsedUpAfterTenThousandRequestsAndReplaced() {
        var nonces = new Nonces(10, new Random(1), new RelayStatistics());
        var text = nonces.current(socket(1));
        var nonce = UUID.fromString(text);
        for (int i = 0; i < 10_000; i++) {
            assertThat(nonces.use(socket(1), nonce)).isEqualTo(Nonces.Use.ACCEPTED);
        }

        assertThat(nonces.use(socket(1), nonce)).isEqualTo(Nonces.Use.USED_UP);
        assertThat(nonces.current(socket(1))).isNotEqualTo(text);
        assertThat(nonces.use(socket(1), nonce)).isEqualTo(Nonces.Use.UNKNOWN);
    }

    @Test
    void theNonceUnusedForLongestMakesRoom() {
        var statistics = new RelayStatistics();
        var nonces = new Nonces(2, new Random(1), statistics);
        String first = nonces.current(socket(1));
        nonces.current(socket(2));
        assertThat(nonces.current(socket(1))).isEqualTo(first);

        nonces.current(socket(3));

        assertThat(nonces.size()).isEqualTo(2);
        assertThat(nonces.current(socket(1))).isEqualTo(first);
        assertThat(statistics.get(RelayCounter.NONCES_EVICTED)).isOne();
    }

    private static Endpoint socket(int port) {
        return Endpoint.parse("192.0.2.7:" + port);
    }
}
