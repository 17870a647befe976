package dev.gatehouse.relay.server.login;

import dev.gatehouse.stun.TurnCredentials;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/// The secret shared with the portal, from which every password is derived. Never prints.
public final class StampSecret implements LongTermKeys {
    private static final int LENGTH = 32;

    private final String text;

    /// @param text hashed as it is; no hex decoding
    public StampSecret(String text) {
        this.text = text;
    }

    /// 32 random bytes as 64 lower-case hex digits.
    public static StampSecret random(RandomGenerator random) {
        var bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return new StampSecret(HexFormat.of().formatHex(bytes));
    }

    /// The secret itself, for the portal alone.
    public String reveal() {
        return text;
    }

    @Override
    public byte[] keyOf(Username user) {
        String password = TurnCredentials.password(user.expiry(), text, user.salt());
        return TurnCredentials.longTermKey(user.text(), TurnCredentials.REALM, password);
    }

    @Override
    public String toString() {
        return "StampSecret[redacted]";
    }
}
