package dev.gatehouse.client.state.name;

import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;

/// The ranges inside tunnels, client.md 6, and the few addresses that mean something there.
public final class AddressPlan {
    static final IpNetwork TUNNEL_V4 = TunnelRanges.TUNNEL_V4;
    static final IpNetwork TUNNEL_V6 = TunnelRanges.TUNNEL_V6;
    static final IpNetwork PROXY_V4 = TunnelRanges.DNS_V4;
    static final IpNetwork PROXY_V6 = TunnelRanges.DNS_V6;
    static final IpNetwork SENTINEL_V4 = TunnelRanges.SENTINELS_V4;
    static final IpNetwork SENTINEL_V6 = TunnelRanges.SENTINELS_V6;
    public static final List<IpNetwork> ROUTES =
            List.of(TUNNEL_V4, PROXY_V4, SENTINEL_V4, TUNNEL_V6, PROXY_V6, SENTINEL_V6);

    public static final IpNetwork MULTICAST_V4 = IpNetwork.parse("224.0.0.0/4");
    public static final IpNetwork MULTICAST_V6 = IpNetwork.parse("ff00::/8");
    public static final IpAddress LLMNR_V4 = IpAddress.parse("224.0.0.252");
    public static final IpAddress LLMNR_V6 = IpAddress.parse("ff02::1:3");
    public static final IpNetwork ALL_V4 = IpNetwork.parse("0.0.0.0/0");
    public static final IpNetwork ALL_V6 = IpNetwork.parse("::/0");

    public static final int DNS_PORT = 53;
    public static final int LLMNR_PORT = 5355;
    public static final int GATEWAY_DNS_PORT = 53535;

    /// Of our own server for TCP, on the interface's addresses (`TcpRedirect`).
    public static final int TCP_DNS_PORT = 53535;

    private AddressPlan() {}

    public static boolean isSentinel(IpAddress address) {
        return SENTINEL_V4.contains(address) || SENTINEL_V6.contains(address);
    }

    static IpAddress next(IpAddress address) {
        return address.isV4()
                ? IpAddress.v4(address.asInt() + 1)
                : IpAddress.v6(
                        address.low() == -1 ? address.high() + 1 : address.high(),
                        address.low() + 1);
    }
}
