package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.wire.PacketBatch;

/// Takes the packets that [GatewayState] lets through; called back within the handle methods.
///
/// A packet, and the batch it lies in, may be overwritten as soon as the call returns, unless the
/// batch is the caller's own.
public interface GatewayOutput {
    /// Write packet `index` to the TUN device.
    void toTun(PacketBatch packets, int index);

    /// Encrypt packet `index` for the client, or drop it if the client has no path.
    void toPeer(String clientId, PacketBatch packets, int index);
}
