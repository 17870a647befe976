package dev.gatehouse.testkit;

import dev.gatehouse.wire.Endpoint;
import java.nio.ByteBuffer;

/// A datagram that arrived at a simulated host, or is on its way.
public final class SimDatagram {
    private final String host;
    private final Endpoint local;
    private final Endpoint remote;
    private final byte[] payload;

    SimDatagram(String host, Endpoint local, Endpoint remote, byte[] payload) {
        this.host = host;
        this.local = local;
        this.remote = remote;
        this.payload = payload;
    }

    /// The name of the host it arrived at.
    public String host() {
        return host;
    }

    /// Destination as the host sees it, behind its translator.
    public Endpoint local() {
        return local;
    }

    /// Source as the host sees it.
    public Endpoint remote() {
        return remote;
    }

    public byte[] payload() {
        return payload.clone();
    }

    public ByteBuffer buffer() {
        return ByteBuffer.wrap(payload.clone());
    }

    public int length() {
        return payload.length;
    }
}
