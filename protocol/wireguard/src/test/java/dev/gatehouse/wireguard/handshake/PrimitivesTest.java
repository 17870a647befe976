package dev.gatehouse.wireguard.handshake;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wireguard.key.PrivateKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.util.HexFormat;
import org.bouncycastle.crypto.digests.Blake2sDigest;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.junit.jupiter.api.Test;

/// The primitives that handshakes are made of, against the vectors of their specifications.
class PrimitivesTest {
    private static final String ALICE =
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    private static final String SUNSCREEN =
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
                    + "future, sunscreen would be it.";
    private static final byte[] SUNSCREEN_KEY =
            hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    private static final byte[] SUNSCREEN_ASSOCIATED = hex("50515253c0c1c2c3c4c5c6c7");

    @Test
    void x25519AgreesAsInRfc7748Section6() {
        var alice = privateKey(ALICE);
        var bob = privateKey("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
        var shared = new byte[32];
        var expected = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

        assertThat(alice.publicKey().toBytes())
                .isEqualTo(hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
        assertThat(alice.agree(bob.publicKey(), shared)).isTrue();
        assertThat(shared).isEqualTo(hex(expected));
        assertThat(bob.agree(alice.publicKey(), shared)).isTrue();
        assertThat(shared).isEqualTo(hex(expected));
    }

    @Test
    void x25519IteratesAsInRfc7748Section5() {
        var k = hex("0900000000000000000000000000000000000000000000000000000000000000");
        var u = k.clone();
        for (int i = 1; i <= 1000; i++) {
            var result = new byte[32];
            X25519.scalarMult(k, 0, u, 0, result, 0);
            u = k;
            k = result;
            if (i == 1) {
                assertThat(k)
                        .isEqualTo(
                                hex(
"""
422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079
"""));
            }
        }

        assertThat(k)
                .isEqualTo(hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
    }

    @Test
    void agreementWithAPointOfLowOrderIsRefused() {
        var key = privateKey(ALICE);

        assertThat(key.agree(new PublicKey(new byte[32]), new byte[32])).isFalse();
    }

    @Test
    void blake2sHashesAsInRfc7693AppendixB() {
        assertThat(Blake2s.hash("a".getBytes(US_ASCII), "bc".getBytes(US_ASCII)))
                .isEqualTo(hex("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"));
    }

    /// Keyed and unkeyed, all output lengths: the self-test of appendix E.
    @Test
    void blake2sPassesTheSelfTestOfRfc7693AppendixE() {
        var all = new Blake2sDigest(256);
        for (int outputLength : new int[] {16, 20, 28, 32}) {
            for (int inputLength : new int[] {0, 3, 64, 65, 255, 1024}) {
                var input = selfTestSequence(inputLength, inputLength);
                addDigest(all, new Blake2sDigest(8 * outputLength), input);
                var key = selfTestSequence(outputLength, outputLength);
                addDigest(all, new Blake2sDigest(key, outputLength, null, null), input);
            }
        }

        var result = new byte[32];
        all.doFinal(result, 0);
        assertThat(result)
                .isEqualTo(hex("6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe"));
    }

    private static byte[] selfTestSequence(int length, int seed) {
        var sequence = new byte[length];
        int a = 0xDEAD4BAD * seed;
        int b = 1;
        for (int i = 0; i < length; i++) {
            int t = a + b;
            a = b;
            b = t;
            sequence[i] = (byte) (t >>> 24);
        }
        return sequence;
    }

    private static void addDigest(Blake2sDigest all, Blake2sDigest digest, byte[] input) {
        digest.update(input, 0, input.length);
        var out = new byte[digest.getDigestSize()];
        digest.doFinal(out, 0);
        all.update(out, 0, out.length);
    }

    @Test
    void chacha20Poly1305SealsAsInRfc8439Section282() {
        byte[] nonce = hex("070000004041424344454647");

        byte[] sealed =
                HandshakeAead.seal(
                        SUNSCREEN_KEY, nonce, SUNSCREEN.getBytes(US_ASCII), SUNSCREEN_ASSOCIATED);

        assertThat(sealed)
                .isEqualTo(
                        hex(
"""
d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060
0691
"""));
    }

    @Test
    void xchacha20Poly1305SealsAndOpensAsInDraftIrtfCfrgXchachaAppendixA3() {
        byte[] nonce = hex("404142434445464748494a4b4c4d4e4f5051525354555657");
        byte[] plain = SUNSCREEN.getBytes(US_ASCII);

        byte[] sealed =
                HandshakeAead.sealExtended(SUNSCREEN_KEY, nonce, plain, SUNSCREEN_ASSOCIATED);

        assertThat(sealed)
                .isEqualTo(
                        hex(
"""
bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780a
cf49
"""));
        assertThat(HandshakeAead.openExtended(SUNSCREEN_KEY, nonce, sealed, SUNSCREEN_ASSOCIATED))
                .hasValue(plain);
        sealed[0] ^= 1;
        assertThat(HandshakeAead.openExtended(SUNSCREEN_KEY, nonce, sealed, SUNSCREEN_ASSOCIATED))
                .isEmpty();
    }

    private static PrivateKey privateKey(String hex) {
        return new PrivateKey(hex(hex));
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }
}
