package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.Peers.SECOND;
import static dev.gatehouse.wireguard.Peers.controls;
import static dev.gatehouse.wireguard.Peers.events;
import static dev.gatehouse.wireguard.Peers.packet;
import static dev.gatehouse.wireguard.Peers.receive;
import static dev.gatehouse.wireguard.Peers.seal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wireguard.handshake.Tai64n;
import dev.gatehouse.wireguard.message.DropReason;
import dev.gatehouse.wireguard.message.MessageType;
import dev.gatehouse.wireguard.message.Outcome;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ResumeTest {
    private final Peers peers = new Peers(9);

    @Test
    void aResumedGatewayReachesItsClientWithAHandshakeOfItsOwn() {
        peers.connect(0);
        events(peers.client);
        var resumed = resume(SECOND);

        resumed.startHandshake(SECOND);
        peers.exchange(SECOND);

        assertThat(events(resumed)).containsExactly(TunnelEvent.HANDSHAKE_COMPLETED);
        assertThat(events(peers.client)).containsExactly(TunnelEvent.HANDSHAKE_COMPLETED);
        var down = seal(resumed, packet(40, 1), SECOND).orElseThrow();
        var up = seal(peers.client, packet(40, 2), SECOND).orElseThrow();
        assertThat(receive(peers.client, down, SECOND)).isPresent();
        assertThat(receive(resumed, up, SECOND)).isPresent();
    }

    @Test
    void initiationsFromBeforeTheRestartAreStillRefused() {
        peers.client.startHandshake(0);
        var recorded = controls(peers.client).getFirst();
        receive(peers.gateway, recorded, 0);
        var resumed = resume(SECOND);

        var outcome =
                resumed.handleHandshake(ByteBuffer.wrap(recorded), 0, recorded.length, SECOND);

        assertThat(outcome).isEqualTo(DropReason.STALE_TIMESTAMP);
    }

    @Test
    void oldSessionsAreUnknownAndTheirNumbersAreNotReused() {
        for (int i = 0; i < 300; i++) {
            peers.connect(i);
        }
        var old = seal(peers.client, packet(40, 1), 300).orElseThrow();
        int before = peers.gateway.snapshot().sessionNumber();
        var resumed = resume(SECOND);

        assertThat(receive(resumed, old, SECOND)).isEmpty();
        assertThat(resumed.dropped(DropReason.UNKNOWN_SESSION)).isEqualTo(1);
        resumed.startHandshake(SECOND);
        int number = MessageType.sender(ByteBuffer.wrap(controls(resumed).getFirst()), 0) & 0xFF;
        assertThat(Math.floorMod(number - before, 256)).isBetween(100, 156);
    }

    @Test
    void timestampsSentGoOnEvenIfTheClockWentBack() {
        peers.gateway.startHandshake(1000 * SECOND);
        peers.deliver(peers.gateway, peers.client, 1000 * SECOND);
        controls(peers.client);
        var resumed = resume(0);

        resumed.startHandshake(0);
        var initiation = ByteBuffer.wrap(controls(resumed).getFirst());

        var outcome =
                peers.client.handleHandshake(initiation, 0, initiation.limit(), 1001 * SECOND);

        assertThat(outcome).isEqualTo(Outcome.Accepted.INITIATION);
    }

    @Test
    void aSnapshotSurvivesARoundTripThroughItsBytes() {
        peers.connect(SECOND);
        var snapshot = peers.gateway.snapshot();

        assertThat(Tai64n.ofBytes(snapshot.received().toBytes())).isEqualTo(snapshot.received());
        assertThat(snapshot.received().isAfter(Tai64n.ZERO)).isTrue();
        assertThat(snapshot.sent()).isEqualTo(Tai64n.ZERO);
        assertThat(snapshot.sessionNumber()).isEqualTo(1);
    }

    private WireGuardTunnel resume(long nowNs) {
        var snapshot = peers.gateway.snapshot();
        peers.gateway.close();
        peers.gateway = peers.newGateway(nowNs);
        peers.gateway.restore(snapshot);
        return peers.gateway;
    }
}
