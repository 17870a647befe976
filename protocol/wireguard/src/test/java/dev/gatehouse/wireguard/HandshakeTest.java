package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.Peers.SECOND;
import static dev.gatehouse.wireguard.Peers.controls;
import static dev.gatehouse.wireguard.Peers.events;
import static dev.gatehouse.wireguard.Peers.packet;
import static dev.gatehouse.wireguard.Peers.receive;
import static dev.gatehouse.wireguard.Peers.seal;
import static dev.gatehouse.wireguard.Peers.types;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import dev.gatehouse.wireguard.message.DropReason;
import dev.gatehouse.wireguard.message.MessageType;
import dev.gatehouse.wireguard.message.Outcome;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class HandshakeTest {
    private final Peers peers = new Peers(1);

    @Test
    void clientAndGatewayExchangePacketsAfterOneRoundTrip() {
        peers.connect(0);

        var up = packet(100, 7);
        var down = packet(1280, 8);
        var sealedUp = seal(peers.client, up, 0).orElseThrow();
        var sealedDown = seal(peers.gateway, down, 0).orElseThrow();
        assertThat(sealedUp).hasSize(132);
        assertThat(receive(peers.gateway, sealedUp, 0)).hasValue(up);
        assertThat(receive(peers.client, sealedDown, 0)).hasValue(down);
        assertThat(events(peers.client)).containsExactly(TunnelEvent.HANDSHAKE_COMPLETED);
        assertThat(events(peers.gateway)).containsExactly(TunnelEvent.HANDSHAKE_COMPLETED);
    }

    @Test
    void indicesAreConnectionIdAndNumberCountingFromOne() {
        peers.client.startHandshake(0);
        var initiation = controls(peers.client).getFirst();
        receive(peers.gateway, initiation, 0);
        var response = controls(peers.gateway).getFirst();

        assertThat(MessageType.sender(ByteBuffer.wrap(initiation), 0)).isEqualTo(0x12345601);
        assertThat(MessageType.sender(ByteBuffer.wrap(response), 0)).isEqualTo(0xABCDEF01);
        assertThat(MessageType.receiver(ByteBuffer.wrap(response), 0)).isEqualTo(0x12345601);
        assertThat(MessageType.connectionId(ByteBuffer.wrap(response), 0)).isEqualTo(0x123456);
    }

    @Test
    void startingTwiceSendsOneInitiation() {
        peers.client.startHandshake(0);
        peers.client.startHandshake(SECOND);

        assertThat(types(controls(peers.client))).containsExactly(1);
    }

    @Test
    void theInitiatorConfirmsWithAKeepaliveAtOnce() {
        peers.client.startHandshake(0);
        peers.deliver(peers.client, peers.gateway, 0);
        peers.deliver(peers.gateway, peers.client, 0);

        var confirmation = controls(peers.client);
        assertThat(types(confirmation)).containsExactly(4);
        assertThat(confirmation.getFirst()).hasSize(32);
        assertThat(receive(peers.gateway, confirmation.getFirst(), 0)).hasValue(new byte[0]);
    }

    @Test
    void theResponderSendsNothingBeforeKeyConfirmation() {
        peers.client.startHandshake(0);
        peers.deliver(peers.client, peers.gateway, 0);

        assertThat(peers.gateway.canSeal(0)).isFalse();
        assertThat(seal(peers.gateway, packet(40, 0), 0)).isEmpty();
        assertThat(events(peers.gateway)).isEmpty();
    }

    @Test
    void dataBeforeTheKeepaliveConfirmsToo() {
        peers.client.startHandshake(0);
        peers.deliver(peers.client, peers.gateway, 0);
        peers.deliver(peers.gateway, peers.client, 0);
        var keepalive = controls(peers.client).getFirst(); // counter 0
        var data = seal(peers.client, packet(40, 1), 0).orElseThrow(); // counter 1

        assertThat(receive(peers.gateway, data, 0)).isPresent();
        assertThat(peers.gateway.canSeal(0)).isTrue();
        assertThat(receive(peers.gateway, keepalive, 0)).hasValue(new byte[0]);
    }

    @Test
    void aRekeyedResponderStaysOnTheOldSessionUntilTheNewOneIsConfirmed() {
        peers.connect(0);
        peers.client.startHandshake(SECOND);
        peers.deliver(peers.client, peers.gateway, SECOND);

        var before = seal(peers.gateway, packet(40, 1), SECOND).orElseThrow();
        peers.exchange(SECOND);
        var after = seal(peers.gateway, packet(40, 2), SECOND).orElseThrow();

        assertThat(MessageType.receiver(ByteBuffer.wrap(before), 0)).isEqualTo(0x12345601);
        assertThat(MessageType.receiver(ByteBuffer.wrap(after), 0)).isEqualTo(0x12345602);
        assertThat(receive(peers.client, before, SECOND)).isPresent();
        assertThat(receive(peers.client, after, SECOND)).isPresent();
    }

    @Test
    void dataOnAnOlderSessionDoesNotMakeItCurrentAgain() {
        peers.connect(0);
        var late = seal(peers.client, packet(40, 1), 0).orElseThrow();
        peers.connect(SECOND);

        assertThat(receive(peers.gateway, late, SECOND)).isPresent();

        var down = seal(peers.gateway, packet(40, 2), SECOND).orElseThrow();
        assertThat(MessageType.receiver(ByteBuffer.wrap(down), 0)).isEqualTo(0x12345602);
    }

    @Test
    void initiationsMustBeNewerThanTheLastOne() {
        peers.client.startHandshake(0);
        var first = controls(peers.client).getFirst();
        peers.client.handleTimeout(6 * SECOND);
        var second = controls(peers.client).getFirst();

        assertThat(handle(peers.gateway, second)).isEqualTo(Outcome.Accepted.INITIATION);
        assertThat(handle(peers.gateway, second)).isEqualTo(DropReason.STALE_TIMESTAMP);
        assertThat(handle(peers.gateway, first)).isEqualTo(DropReason.STALE_TIMESTAMP);
        assertThat(peers.gateway.dropped(DropReason.STALE_TIMESTAMP)).isEqualTo(2);
    }

    @Test
    void initiationsWithinOneInstantStillHaveIncreasingTimestamps() {
        peers.connect(0);
        peers.connect(0);

        assertThat(events(peers.gateway))
                .containsExactly(TunnelEvent.HANDSHAKE_COMPLETED, TunnelEvent.HANDSHAKE_COMPLETED);
    }

    @Test
    void aLateResponseToTheInitiationBeforeStillCompletes() {
        peers.client.startHandshake(0);
        peers.deliver(peers.client, peers.gateway, 0);
        var late = controls(peers.gateway).getFirst();
        peers.client.handleTimeout(6 * SECOND);
        assertThat(types(controls(peers.client))).containsExactly(1);

        assertThat(handle(peers.client, late)).isEqualTo(Outcome.Accepted.RESPONSE);
        assertThat(peers.client.isHandshakeRunning()).isFalse();
        assertThat(handle(peers.client, late)).isEqualTo(DropReason.UNKNOWN_SESSION);
    }

    @Test
    void aForgedResponseDoesNotDisturbTheHandshake() {
        peers.client.startHandshake(0);
        peers.deliver(peers.client, peers.gateway, 0);
        var response = controls(peers.gateway).getFirst();
        var forged = response.clone();
        forged[50] ^= 1;

        assertThat(handle(peers.client, forged)).isEqualTo(DropReason.BAD_TAG);
        assertThat(handle(peers.client, response)).isEqualTo(Outcome.Accepted.RESPONSE);
    }

    @Test
    void aPeerWithAnotherPresharedKeyIsRefused() {
        var psk = new byte[32];
        psk[0] = 1;
        var stranger =
                new WireGuardTunnel(
                        peers.clientKeys,
                        peers.gatewayKeys.publicKey(),
                        new PresharedKey(psk),
                        1,
                        WireGuardPolicy.client(),
                        peers.aead,
                        peers.random,
                        Peers.UNIX_ORIGIN_NS,
                        0);
        stranger.startHandshake(0);
        peers.deliver(stranger, peers.gateway, 0);

        assertThat(handle(stranger, controls(peers.gateway).getFirst()))
                .isEqualTo(DropReason.BAD_TAG);
    }

    @Test
    void anotherPeersInitiationIsRefused() {
        var other = new Peers(2);
        var stranger =
                new WireGuardTunnel(
                        other.clientKeys,
                        peers.gatewayKeys.publicKey(),
                        peers.psk,
                        1,
                        WireGuardPolicy.client(),
                        peers.aead,
                        peers.random,
                        Peers.UNIX_ORIGIN_NS,
                        0);
        stranger.startHandshake(0);

        assertThat(handle(peers.gateway, controls(stranger).getFirst()))
                .isEqualTo(DropReason.WRONG_PEER);
    }

    @Test
    void bothSidesMayInitiateAtOnce() {
        peers.client.startHandshake(0);
        peers.gateway.startHandshake(0);
        peers.exchange(0);

        var up = seal(peers.client, packet(40, 1), 0).orElseThrow();
        var down = seal(peers.gateway, packet(40, 2), 0).orElseThrow();
        assertThat(receive(peers.gateway, up, 0)).isPresent();
        assertThat(receive(peers.client, down, 0)).isPresent();
        assertThat(peers.client.isHandshakeRunning()).isFalse();
        assertThat(peers.gateway.isHandshakeRunning()).isFalse();
    }

    @Test
    void unconfirmedSessionsNeverEvictTheOneInUse() {
        peers.connect(0);
        for (int i = 1; i <= 40; i++) {
            peers.client.handleTimeout(i);
            peers.client.startHandshake(i * SECOND / 10);
            peers.deliver(peers.client, peers.gateway, i * SECOND / 10);
            peers.client.handleTimeout(i * SECOND / 10 + 6 * SECOND);
            controls(peers.gateway); // the response is lost
        }

        var down = seal(peers.gateway, packet(40, 1), 5 * SECOND).orElseThrow();
        assertThat(receive(peers.client, down, 5 * SECOND)).isPresent();
    }

    @Test
    void aKeyOfLowOrderNeverHandshakes() {
        var tunnel =
                new WireGuardTunnel(
                        peers.clientKeys,
                        new PublicKey(new byte[32]),
                        peers.psk,
                        1,
                        WireGuardPolicy.client(),
                        peers.aead,
                        peers.random,
                        Peers.UNIX_ORIGIN_NS,
                        0);
        tunnel.startHandshake(0);

        assertThat(controls(tunnel)).isEmpty();
    }

    @Test
    void aClosedTunnelDoesNothing() {
        peers.connect(0);
        var data = seal(peers.gateway, packet(40, 1), 0).orElseThrow();
        peers.client.close();
        peers.client.startHandshake(0);

        assertThat(controls(peers.client)).isEmpty();
        assertThat(seal(peers.client, packet(40, 1), 0)).isEmpty();
        assertThat(receive(peers.client, data, 0)).isEmpty();
        assertThat(peers.client.pollTimeout()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void toStringShowsNoSecret() {
        assertThat(peers.client.toString() + peers.clientKeys + peers.psk)
                .doesNotContain(
                        java.util.Base64.getEncoder()
                                .encodeToString(peers.clientKeys.privateKey().toBytes()))
                .contains("PrivateKey[redacted]", "PresharedKey[redacted]");
    }

    private static Outcome handle(WireGuardTunnel tunnel, byte[] datagram) {
        return tunnel.handleHandshake(ByteBuffer.wrap(datagram), 0, datagram.length, 0);
    }

    static PacketBatch batchOf(byte[]... datagrams) {
        var batch = PacketBatch.allocate(2048 * datagrams.length, datagrams.length);
        for (int i = 0; i < datagrams.length; i++) {
            batch.buffer().put(2048 * i, datagrams[i]);
            batch.add(2048 * i, datagrams[i].length, 0);
        }
        return batch;
    }
}
