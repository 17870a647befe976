package dev.gatehouse.client.state;

/// The bytes of a DNS message. Compared by identity; nobody changes them.
public final class DnsPayload {
    private final byte[] bytes;

    public DnsPayload(byte[] bytes) {
        this.bytes = bytes;
    }

    public byte[] bytes() {
        return bytes;
    }
}
