package dev.gatehouse.portal.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import org.junit.jupiter.api.Test;

/// The vectors of portal-channel.md, Appendix B.
class PeerSecretsTest {
    private static final PeerSecrets.Party CLIENT =
            new PeerSecrets.Party("6f0c5a52-6c0e-4f3f-9a57-0d5d7a1f7b11", key(0), "11".repeat(32));
    private static final PeerSecrets.Party GATEWAY =
            new PeerSecrets.Party("b1e6c0de-52a4-4a0c-8f39-2f5b7c8d9e10", key(32), "22".repeat(32));
    private static final String STAMP = "00112233445566778899aabbccddeeff".repeat(2);

    private static String key(int first) {
        var bytes = new byte[32];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return Base64.getEncoder().encodeToString(bytes);
    }

    @Test
    void derivesThePresharedKeyOfTheVector() {
        assertThat(PeerSecrets.presharedKey(CLIENT, GATEWAY))
                .isEqualTo("56W4Stoqjx/OqbjD/jp5S+RxKzDwaLVtV1EDWbwW0T0=");
    }

    @Test
    void derivesTheIceCredentialsOfTheVector() {
        assertThat(PeerSecrets.clientIce(CLIENT, GATEWAY))
                .isEqualTo(new PeerSecrets.IceCredentials("vjpy", "r35gnid22w5fy5fpjtfphb"));
        assertThat(PeerSecrets.gatewayIce(CLIENT, GATEWAY))
                .isEqualTo(new PeerSecrets.IceCredentials("plja", "lhndt77zrilbrr6ubzeria"));
    }

    @Test
    void derivesTheTurnCredentialsOfTheVector() {
        assertThat(PeerSecrets.turn(CLIENT.publicKey(), 1893456000, STAMP))
                .isEqualTo(
                        new PeerSecrets.TurnCredentials(
                                "1893456000:kF8o3vGOqsBa5vErLDRSdEr69ibaE0PVezlbVE4FGbY",
                                "/VP7bP2whqaMF4tnP1uq32bt0kgD/AmO5aw2beOS2n8"));
    }

    @Test
    void derivesTheRelayIdOfTheVector() {
        assertThat(PeerSecrets.relayId(STAMP)).isEqualTo("2a8abfa8-cb99-4629-8437-854193ca6bca");
    }

    @Test
    void recognisesATokenByItsHashAlone() {
        String hash = PeerSecrets.tokenHash(".id.secret");
        assertThat(PeerSecrets.isTokenOf(".id.secret", hash)).isTrue();
        assertThat(PeerSecrets.isTokenOf("nonce.id.secret", hash)).isFalse();
    }

    @Test
    void neverPrintsSecrets() {
        assertThat(CLIENT.toString() + PeerSecrets.turn("k", 1, STAMP))
                .doesNotContain("1111", STAMP, CLIENT.publicKey());
    }
}
