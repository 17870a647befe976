package dev.gatehouse.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.handshake.HandshakeGate;
import dev.gatehouse.wireguard.handshake.HandshakeIdentity;
import dev.gatehouse.wireguard.message.MessageType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever arrives, nothing is thrown and the session in use goes on.
class HostileInputPropertyTest {
    private static final IpAddress SOURCE = IpAddress.parse("192.0.2.1");

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void randomAndMutatedDatagramsNeverThrowAndNeverDisturb(long seed) {
        var peers = new Peers(seed);
        var random = new SplittableRandom(seed);
        peers.connect(0);
        peers.client.startHandshake(1);
        var genuine =
                new byte[][] {
                    Peers.controls(peers.client).getFirst(),
                    new byte[92],
                    new byte[64],
                    Peers.seal(peers.client, Peers.packet(60, 1), 1).orElseThrow(),
                };
        for (int i = 1; i <= 2; i++) {
            genuine[i][0] = (byte) (i + 1);
        }
        for (int i = 0; i < 3000; i++) {
            feed(peers, mutate(genuine[random.nextInt(genuine.length)].clone(), random), i + 1);
            feed(peers, noise(random), i + 1);
        }

        var sealed = Peers.seal(peers.gateway, Peers.packet(60, 2), 5000).orElseThrow();
        assertThat(Peers.receive(peers.client, sealed, 5000)).hasValue(Peers.packet(60, 2));
    }

    private static void feed(Peers peers, byte[] datagram, long nowNs) {
        var gate =
                new HandshakeGate(
                        peers.gatewayKeys.publicKey(), (int) (nowNs & 1), peers.random, nowNs);
        var b = ByteBuffer.wrap(datagram);
        int type = MessageType.of(b, 0, datagram.length);
        if (type == MessageType.INITIATION || type == MessageType.RESPONSE) {
            gate.admit(b, 0, datagram.length, SOURCE, nowNs);
        }
        if (type == MessageType.INITIATION) {
            HandshakeIdentity.identify(peers.gatewayKeys, b, 0);
        }
        peers.gateway.handleHandshake(b, 0, datagram.length, nowNs);
        peers.client.handleHandshake(b, 0, datagram.length, nowNs);
        var batch = HandshakeTest.batchOf(datagram, datagram);
        peers.gateway.open(batch, 0, 2, nowNs);
        for (int i = 0; i < 2; i++) {
            assertThat(batch.length(i)).isBetween(-1, datagram.length);
        }
    }

    private static byte[] mutate(byte[] datagram, SplittableRandom random) {
        for (int i = random.nextInt(3); i >= 0; i--) {
            datagram[random.nextInt(datagram.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return random.nextInt(4) == 0
                ? Arrays.copyOf(datagram, random.nextInt(datagram.length + 20))
                : datagram;
    }

    private static byte[] noise(SplittableRandom random) {
        int[] lengths = {0, 1, 3, 4, 8, 31, 32, 33, 64, 92, 148, random.nextInt(1500)};
        var datagram = new byte[lengths[random.nextInt(lengths.length)]];
        random.nextBytes(datagram);
        if (datagram.length >= 4) {
            datagram[0] = (byte) random.nextInt(6);
            datagram[1] = datagram[2] = datagram[3] = 0;
        }
        return datagram;
    }
}
