package dev.gatehouse.relay.server.login;

/// The key of one user's MESSAGE-INTEGRITY. Never prints.
public final class SigningKey {
    private final byte[] bytes;

    SigningKey(byte[] bytes) {
        this.bytes = bytes;
    }

    public byte[] bytes() {
        return bytes;
    }

    @Override
    public String toString() {
        return "SigningKey[redacted]";
    }
}
