package dev.gatehouse.relay.server.login;

import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.wire.Endpoint;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// Checks long-term credentials in the order of relay.md 7.3.
public final class Authenticator {
    public sealed interface Outcome {
        /// @param key signs the reply
        record Granted(Username user, SigningKey key) implements Outcome {}

        record Denied(int code) implements Outcome {}

        /// Not to be answered.
        record Ignored() implements Outcome {}
    }

    public static final Outcome EXCESS = new Outcome.Ignored();

    private static final Pattern UUID_TEXT =
            Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final long NS_PER_SECOND = 1_000_000_000;
    private static final Outcome UNAUTHORIZED = new Outcome.Denied(StunErrors.UNAUTHORIZED);
    private static final Outcome STALE_NONCE = new Outcome.Denied(StunErrors.STALE_NONCE);

    private final LongTermKeys keys;
    private final Nonces nonces;
    private final long unixOriginNs;

    public Authenticator(LongTermKeys keys, Nonces nonces, long unixOriginNs) {
        this.keys = keys;
        this.nonces = nonces;
        this.unixOriginNs = unixOriginNs;
    }

    public Outcome authenticate(StunMessage request, Endpoint client, long nowNs) {
        var username = request.username();
        var nonce = request.nonce();
        if (!request.hasMessageIntegrity() || username.isEmpty() || nonce.isEmpty()) {
            return UNAUTHORIZED;
        }
        if (!UUID_TEXT.matcher(nonce.get()).matches()) {
            return UNAUTHORIZED;
        }
        if (nonces.use(client, UUID.fromString(nonce.get())) != Nonces.Use.ACCEPTED) {
            return STALE_NONCE;
        }
        var user = Username.parse(username.get());
        if (user.isEmpty() || isExpired(user.get(), nowNs)) {
            return UNAUTHORIZED;
        }
        var key = keys.keyOf(user.get());
        if (!request.verifyIntegrity(key)) {
            return UNAUTHORIZED;
        }
        nonces.handleUser(client);
        return new Outcome.Granted(user.get(), new SigningKey(key));
    }

    private boolean isExpired(Username user, long nowNs) {
        return user.expiry() <= (unixOriginNs + nowNs) / NS_PER_SECOND;
    }

    /// The key of a user whoever sends that name: it signs errors, relay.md 7.4.
    public Optional<SigningKey> keyOf(String username) {
        return Username.parse(username).map(user -> new SigningKey(keys.keyOf(user)));
    }

    public String currentNonce(Endpoint client) {
        return nonces.current(client);
    }
}
