package dev.gatehouse.portal.token;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Secrets both ends of a tunnel are told, derived from their identities so that the same two
/// sessions always get the same (portal-channel.md 7.4 to 7.6).
public final class PeerSecrets {
    private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

    private PeerSecrets() {}

    /// One side of a tunnel: device id, WireGuard public key as base64 text, and the device's 32
    /// secret bytes in hex.
    public record Party(String id, String publicKey, String pskBaseHex) {
        @Override
        public String toString() {
            return "Party[" + id + "]";
        }
    }

    /// An ICE user fragment and its password.
    public record IceCredentials(String username, String password) {
        @Override
        public String toString() {
            return "IceCredentials[" + username + "]";
        }
    }

    /// TURN long-term credentials.
    public record TurnCredentials(String username, String password) {
        @Override
        public String toString() {
            return "TurnCredentials[redacted]";
        }
    }

    /// The WireGuard preshared key as base64: PBKDF2 of one iteration, which is one HMAC.
    public static String presharedKey(Party client, Party gateway) {
        String salt =
                "WG_PSK|C_ID:%s|G_ID:%s|C_PK:%s|G_PK:%s"
                        .formatted(
                                client.id(), gateway.id(), client.publicKey(), gateway.publicKey());
        byte[] key = HexFormat.of().parseHex(client.pskBaseHex() + gateway.pskBaseHex());
        byte[] text = ascii(salt);
        byte[] block = ByteBuffer.allocate(text.length + 4).put(text).putInt(1).array();
        return Base64.getEncoder().encodeToString(hmac(key, block));
    }

    public static IceCredentials clientIce(Party client, Party gateway) {
        String hash = iceHash(client, gateway);
        return new IceCredentials(hash.substring(0, 4), hash.substring(4, 26));
    }

    public static IceCredentials gatewayIce(Party client, Party gateway) {
        String hash = iceHash(client, gateway);
        return new IceCredentials(hash.substring(26, 30), hash.substring(30, 52));
    }

    private static String iceHash(Party client, Party gateway) {
        return base32(
                sha256(
                        String.join(
                                ":",
                                client.id(),
                                client.publicKey(),
                                gateway.id(),
                                gateway.publicKey())));
    }

    /// What a peer signs in with at a relay; the salt is a digest of the peer's public key.
    public static TurnCredentials turn(String publicKey, long expiresAt, String stampSecret) {
        String salt = unpadded(sha256(publicKey));
        String password = unpadded(sha256(expiresAt + ":" + stampSecret + ":" + salt));
        return new TurnCredentials(expiresAt + ":" + salt, password);
    }

    /// The id of a relay: a version 4 UUID out of its secret's digest (portal-channel.md 9.6).
    public static String relayId(String stampSecret) {
        var digest = ByteBuffer.wrap(sha256(stampSecret));
        long high = digest.getLong() & 0xFFFF_FFFF_FFFF_0FFFL | 0x4000L;
        long low = digest.getLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
        return new java.util.UUID(high, low).toString();
    }

    /// A stable id for a named thing: a version 8 UUID out of the digest of kind and name.
    public static String namedId(String kind, String name) {
        var digest = ByteBuffer.wrap(sha256("gatehouse|" + kind + "|" + name));
        long high = digest.getLong() & 0xFFFF_FFFF_FFFF_0FFFL | 0x8000L;
        long low = digest.getLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
        return new java.util.UUID(high, low).toString();
    }

    /// How a token is kept: `sha256:` and the hex digest of its text.
    public static String tokenHash(String token) {
        return "sha256:" + HexFormat.of().formatHex(sha256(token));
    }

    /// Compares in constant time.
    public static boolean isTokenOf(String token, String hash) {
        return MessageDigest.isEqual(ascii(tokenHash(token)), ascii(hash.toLowerCase(Locale.ROOT)));
    }

    /// HMAC-SHA-256.
    static byte[] hmac(byte[] key, byte[] data) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(data);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java platform has HmacSHA256", e);
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static String unpadded(byte[] bytes) {
        return Base64.getEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// RFC 4648 base32, lower case, without padding.
    private static String base32(byte[] bytes) {
        var text = new StringBuilder();
        int bits = 0;
        int pending = 0;
        for (byte b : bytes) {
            pending = (pending << 8 | b & 0xFF) & 0xFFFF;
            bits += 8;
            while (bits >= 5) {
                bits -= 5;
                text.append(BASE32.charAt(pending >>> bits & 31));
            }
        }
        if (bits > 0) {
            text.append(BASE32.charAt(pending << 5 - bits & 31));
        }
        return text.toString();
    }
}
