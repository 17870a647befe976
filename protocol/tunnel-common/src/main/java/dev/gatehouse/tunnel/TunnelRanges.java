package dev.gatehouse.tunnel;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;

/// The address plan of tunnel.md section 6.1. The tests on longs run per packet.
public final class TunnelRanges {
    /// Tunnel addresses of clients and gateways.
    public static final IpNetwork TUNNEL_V4 = IpNetwork.parse("100.64.0.0/11");

    public static final IpNetwork TUNNEL_V6 = IpNetwork.parse("fd00:2021:1111::/107");

    /// Proxy addresses that a client's stub resolver hands out.
    public static final IpNetwork DNS_V4 = IpNetwork.parse("100.96.0.0/11");

    public static final IpNetwork DNS_V6 = IpNetwork.parse("fd00:2021:1111:8000::/107");

    /// A client's own DNS servers inside the DNS range; never sent to a gateway.
    public static final IpNetwork SENTINELS_V4 = IpNetwork.parse("100.100.111.0/24");

    public static final IpNetwork SENTINELS_V6 =
            IpNetwork.parse("fd00:2021:1111:8000:100:100:111:0/120");

    private static final long V4_MASK = 0xFFE0_0000L; // /11
    private static final long V6_LOW_MASK = -1L << 21; // /107

    private static final long SENTINELS_V6_LOW_MASK = -1L << 8; // /120

    private TunnelRanges() {}

    /// @param high 0 for IPv4
    /// @param low the 32 bits for IPv4
    public static boolean isTunnel(boolean v4, long high, long low) {
        return holds(v4 ? TUNNEL_V4 : TUNNEL_V6, v4, high, low);
    }

    /// @param high 0 for IPv4
    /// @param low the 32 bits for IPv4
    public static boolean isDns(boolean v4, long high, long low) {
        return holds(v4 ? DNS_V4 : DNS_V6, v4, high, low);
    }

    /// Any address of this plan: of a tunnel, a proxy or a sentinel. Nothing outside of the tunnels
    /// has one.
    ///
    /// @param high 0 for IPv4
    /// @param low the 32 bits for IPv4
    public static boolean isReserved(boolean v4, long high, long low) {
        return isTunnel(v4, high, low) || isDns(v4, high, low) || !v4 && isSentinelV6(high, low);
    }

    /// Those of IPv4 are in the DNS range; these are not, whatever tunnel.md 6.1 says.
    private static boolean isSentinelV6(long high, long low) {
        var sentinels = SENTINELS_V6.address();
        return high == sentinels.high() && (low & SENTINELS_V6_LOW_MASK) == sentinels.low();
    }

    public static boolean isReserved(IpAddress address) {
        return isReserved(address.isV4(), address.high(), address.low());
    }

    public static boolean isTunnel(IpAddress address) {
        return isTunnel(address.isV4(), address.high(), address.low());
    }

    public static boolean isDns(IpAddress address) {
        return isDns(address.isV4(), address.high(), address.low());
    }

    private static boolean holds(IpNetwork range, boolean v4, long high, long low) {
        long mask = v4 ? V4_MASK : V6_LOW_MASK;
        return range.address().high() == high && range.address().low() == (low & mask);
    }
}
