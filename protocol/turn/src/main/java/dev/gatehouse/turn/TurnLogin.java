package dev.gatehouse.turn;

import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TurnCredentials;
import java.util.Optional;

/// Signs requests to one relay: long-term credentials and the newest nonce, tunnel.md section 3.2.
final class TurnLogin {
    private final String username;
    private final String password;
    private final byte[] key;
    private Optional<String> nonce;

    TurnLogin(String username, String password, Optional<String> nonce) {
        this.username = username;
        this.password = password;
        this.key = TurnCredentials.longTermKey(username, TurnCredentials.REALM, password);
        this.nonce = nonce;
    }

    boolean isFor(String otherUsername, String otherPassword) {
        return username.equals(otherUsername) && password.equals(otherPassword);
    }

    byte[] sign(StunWriter request) {
        request.username(username).realm(TurnCredentials.REALM);
        nonce.ifPresent(request::nonce);
        return request.buildSigned(key);
    }

    byte[] key() {
        return key;
    }

    Optional<String> nonce() {
        return nonce;
    }

    void useNonce(String newest) {
        nonce = Optional.of(newest);
    }

    String username() {
        return username;
    }

    String password() {
        return password;
    }
}
