package dev.gatehouse.wire;

import java.nio.ByteBuffer;

/// Datagrams to send over UDP: one path, one buffer, cut every `segmentLength` bytes.
///
/// A view that its owner fills anew: valid until the next call to the state machine that gave it
/// out. The last segment may be shorter than the others. Owned by one shard.
public final class Transmit {
    private Endpoint local = Endpoint.ANY_V4;
    private Endpoint remote = Endpoint.ANY_V4;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private int offset;
    private int length;
    private int segmentLength;
    private int ecn;

    /// @param local address to send from and port of our socket; [Endpoint#ANY_V4] or
    ///     [Endpoint#ANY_V6] where the operating system chooses the address
    public void path(Endpoint local, Endpoint remote) {
        this.local = local;
        this.remote = remote;
    }

    /// @param buffer heap or direct, big endian; absolute indices
    /// @param length bytes of all segments together, 1 to 65,507
    /// @param segmentLength bytes of every segment but the last; equals `length` for one datagram
    public void content(ByteBuffer buffer, int offset, int length, int segmentLength, int ecn) {
        this.buffer = buffer;
        this.offset = offset;
        this.length = length;
        this.segmentLength = segmentLength;
        this.ecn = ecn;
    }

    public Endpoint local() {
        return local;
    }

    public Endpoint remote() {
        return remote;
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    public int offset() {
        return offset;
    }

    public int length() {
        return length;
    }

    public int segmentLength() {
        return segmentLength;
    }

    /// Number of datagrams.
    public int segments() {
        return (length + segmentLength - 1) / segmentLength;
    }

    /// ECN bits of the outer IP header.
    public int ecn() {
        return ecn;
    }
}
