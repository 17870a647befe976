package dev.gatehouse.ice;

import java.nio.charset.StandardCharsets;

/// User name fragment and password of one side, opaque ASCII made by the portal.
///
/// @param ufrag no colon, not empty
public record IceCredentials(String ufrag, String password) {
    public IceCredentials {
        if (ufrag.isEmpty() || ufrag.indexOf(':') >= 0) {
            throw new IllegalArgumentException("an ICE ufrag is not empty and has no colon");
        }
        if (password.isEmpty()) {
            throw new IllegalArgumentException("an ICE password is not empty");
        }
    }

    /// The HMAC key: the raw password bytes (short-term credential).
    byte[] key() {
        return password.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "IceCredentials[" + ufrag + ", redacted]";
    }
}
