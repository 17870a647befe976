package dev.gatehouse.relay.server.login;

/// Knows the key that signs the messages of a user, RFC 8489 section 9.2.2.
@FunctionalInterface
public interface LongTermKeys {
    byte[] keyOf(Username user);
}
