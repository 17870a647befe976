package dev.gatehouse.wire;

/// Datagrams that came from one remote endpoint to one local endpoint, in order of arrival.
///
/// Filled by the shell, then read and overwritten by the layers above. Owned by one shard.
public final class DatagramBatch {
    private final PacketBatch packets;
    private Endpoint local = Endpoint.ANY_V4;
    private Endpoint remote = Endpoint.ANY_V4;

    public DatagramBatch(PacketBatch packets) {
        this.packets = packets;
    }

    /// Empties the batch and names the path of what follows.
    ///
    /// @param local destination address of the datagrams and port of our socket
    /// @param remote source address and port of the datagrams
    public void reset(Endpoint local, Endpoint remote) {
        this.local = local;
        this.remote = remote;
        packets.clear();
    }

    public PacketBatch packets() {
        return packets;
    }

    public Endpoint local() {
        return local;
    }

    public Endpoint remote() {
        return remote;
    }
}
