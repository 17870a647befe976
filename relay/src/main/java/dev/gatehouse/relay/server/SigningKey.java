package dev.gatehouse.relay.server;

/// The key of one user's MESSAGE-INTEGRITY. Never prints.
final class SigningKey {
    private final byte[] bytes;

    SigningKey(byte[] bytes) {
        this.bytes = bytes;
    }

    byte[] bytes() {
        return bytes;
    }

    @Override
    public String toString() {
        return "SigningKey[redacted]";
    }
}
