package dev.gatehouse.relay.server.login;

import java.util.Optional;

/// A TURN user name, `<expiry>:<salt>` with exactly one colon, relay.md 7.1.
///
/// @param text as received
/// @param expiry unix seconds
public record Username(String text, long expiry, String salt) {
    private static final int DIGITS_MAX = 18;

    /// Empty if `text` has another form.
    public static Optional<Username> parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 1 || colon > DIGITS_MAX || text.indexOf(':', colon + 1) >= 0) {
            return Optional.empty();
        }
        long expiry = 0;
        for (int i = 0; i < colon; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return Optional.empty();
            }
            expiry = 10 * expiry + digit;
        }
        return Optional.of(new Username(text, expiry, text.substring(colon + 1)));
    }

    /// Identifies a peer: not for logs.
    @Override
    public String toString() {
        return "Username[expiry=%d]".formatted(expiry);
    }
}
