package dev.gatehouse.stun;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/// Derives TURN passwords and keys, relay.md section 7.1 and RFC 8489 section 9.2.2.
public final class TurnCredentials {
    /// The one realm there is.
    public static final String REALM = "firezone";

    private TurnCredentials() {}

    /// The key of MESSAGE-INTEGRITY: MD5 of `username:realm:password`, 16 bytes.
    public static byte[] longTermKey(String username, String realm, String password) {
        return digest("MD5", username + ":" + realm + ":" + password);
    }

    /// The password of user `<expiry>:<salt>`.
    ///
    /// @param expiry unix seconds
    /// @param stampSecret the secret that the relay announced to the portal
    public static String password(long expiry, String stampSecret, String salt) {
        byte[] hash = digest("SHA-256", expiry + ":" + stampSecret + ":" + salt);
        return Base64.getEncoder().withoutPadding().encodeToString(hash);
    }

    private static byte[] digest(String algorithm, String text) {
        try {
            return MessageDigest.getInstance(algorithm)
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + algorithm, e);
        }
    }
}
