package dev.gatehouse.benchmarks.relay;

import dev.gatehouse.stun.TurnCredentials;

/// A user of the server under test.
record TurnLogin(String user, String password) {
    private static final long EXPIRY = 4_102_444_800L; // 2100

    /// The server's one user.
    static TurnLogin fixed(String user, String password) {
        return new TurnLogin(user, password);
    }

    /// User number `i` of a relay with that stamp secret.
    static TurnLogin stamped(String secret, int i) {
        String salt = "bench" + i;
        return new TurnLogin(EXPIRY + ":" + salt, TurnCredentials.password(EXPIRY, secret, salt));
    }
}
