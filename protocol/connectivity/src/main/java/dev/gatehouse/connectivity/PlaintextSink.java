package dev.gatehouse.connectivity;

import dev.gatehouse.wire.PacketBatch;

/// Takes the packets that [Node#handleDatagrams] opened.
@FunctionalInterface
public interface PlaintextSink {
    /// Packets `from` to `from + count` of `packets` came from the peer through its tunnel; skip
    /// those with a length of 0 or less. The ECN of each packet is that of its outer header.
    ///
    /// Valid during the call; the receiver may overwrite them in place, and may call
    /// [Node#encapsulate] from here.
    void handlePlaintexts(String peerId, PacketBatch packets, int from, int count, long nowNs);
}
