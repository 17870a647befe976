package dev.gatehouse.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.handshake.HandshakeIdentity;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PrivateKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Properties;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// A whole conversation, byte for byte as another implementation writes it.
class TranscriptTest {
    private static final long UNIX_ORIGIN_NS = 1_760_000_000L * 1_000_000_000L + 5;

    private final Properties vectors = load();
    private final KeyPair initiatorKeys = KeyPair.of(new PrivateKey(vector("initiator")));
    private final KeyPair responderKeys = KeyPair.of(new PrivateKey(vector("responder")));

    @Test
    void handshakeAndDataAreTheBytesOfTheTranscript() {
        var initiator =
                tunnel(
                        initiatorKeys,
                        responderKeys.publicKey(),
                        0x123456,
                        fixed("initiatorEphemeral"));
        var responder =
                tunnel(
                        responderKeys,
                        initiatorKeys.publicKey(),
                        0xABCDEF,
                        fixed("responderEphemeral"));

        initiator.startHandshake(0);
        assertThat(initiator.pollControl()).isEqualTo(vector("initiation"));
        Peers.receive(responder, vector("initiation"), 0);
        assertThat(responder.pollControl()).isEqualTo(vector("response"));
        Peers.receive(initiator, vector("response"), 0);
        assertThat(initiator.pollControl()).isEqualTo(vector("keepalive"));
        Peers.receive(responder, vector("keepalive"), 0);
        assertThat(Peers.seal(initiator, vector("packet"), 0)).hasValue(vector("up"));
        assertThat(Peers.seal(responder, vector("packet"), 0)).hasValue(vector("down"));
        assertThat(Peers.receive(initiator, vector("down"), 0)).hasValue(vector("packet"));
    }

    @Test
    void theInitiatorIsIdentifiedByItsStaticKey() {
        var initiation = ByteBuffer.wrap(vector("initiation"));

        assertThat(HandshakeIdentity.identify(responderKeys, initiation, 0))
                .hasValue(initiatorKeys.publicKey());
        assertThat(HandshakeIdentity.identify(initiatorKeys, initiation, 0)).isEmpty();
    }

    private WireGuardTunnel tunnel(
            KeyPair local, PublicKey remote, int connectionId, RandomGenerator random) {
        return new WireGuardTunnel(
                local,
                remote,
                new PresharedKey(vector("psk")),
                connectionId,
                WireGuardPolicy.client(),
                Aeads.choose(Optional.empty()),
                random,
                UNIX_ORIGIN_NS,
                0);
    }

    /// Randomness that always yields the named key.
    private RandomGenerator fixed(String name) {
        var bytes = vector(name);
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                return 0;
            }

            @Override
            public void nextBytes(byte[] target) {
                System.arraycopy(bytes, 0, target, 0, target.length);
            }
        };
    }

    private byte[] vector(String name) {
        return HexFormat.of().parseHex(vectors.getProperty(name));
    }

    private static Properties load() {
        var properties = new Properties();
        try (var in =
                TranscriptTest.class.getResourceAsStream("/vectors/transcript/transcript.txt")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }
}
