package dev.gatehouse.client.state.boundary;

import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.wire.PacketBatch;

/// Where packets go: the tunnels to gateways and the TUN device. Calls take effect at once or are
/// lost; none of them calls back.
public interface Tunnels {
    /// Makes or reuses the tunnel to a gateway.
    ///
    /// @return false if there is no relay to reach it by
    boolean connect(Flow flow, long nowNs);

    /// Packets `from` to `from + count`; waits in the tunnel while it is being built.
    void send(String gatewayId, PacketBatch packets, int from, int count, long nowNs);

    /// Forgets the tunnel without telling the gateway.
    void close(String gatewayId, long nowNs);

    /// Packets for the operating system; those of length 0 or less are skipped.
    void writeTun(PacketBatch packets, int from, int count);
}
