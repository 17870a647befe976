package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.Peers.SECOND;
import static dev.gatehouse.wireguard.Peers.controls;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wireguard.message.DropReason;
import dev.gatehouse.wireguard.message.Outcome;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/// A peer with good keys that begins one handshake after the other.
class HandshakeFloodTest {
    private static final long MS = SECOND / 1_000;

    private final Peers peers = new Peers(5);

    @Test
    void aPeerIsAnsweredSoOftenAndThenAfterAWhile() {
        for (int i = 0; i < WireGuardTunnel.INITIATIONS_BURST; i++) {
            peers.connect(i * MS);
        }
        long nowNs = WireGuardTunnel.INITIATIONS_BURST * MS;
        peers.client.startHandshake(nowNs);
        assertThat(toGateway(nowNs)).isEqualTo(DropReason.TOO_OFTEN);
        assertThat(peers.gateway.dropped(DropReason.TOO_OFTEN)).isOne();
        assertThat(controls(peers.gateway)).isEmpty();

        peers.client.handleTimeout(nowNs + 6 * SECOND);
        assertThat(toGateway(nowNs + 6 * SECOND)).isEqualTo(Outcome.Accepted.INITIATION);
    }

    private Outcome toGateway(long nowNs) {
        var initiation = controls(peers.client).getLast();
        return peers.gateway.handleHandshake(
                ByteBuffer.wrap(initiation), 0, initiation.length, nowNs);
    }
}
