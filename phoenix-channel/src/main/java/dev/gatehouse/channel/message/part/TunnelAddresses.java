package dev.gatehouse.channel.message.part;

import dev.gatehouse.wire.IpAddress;

/// The tunnel addresses of a gateway.
public record TunnelAddresses(IpAddress ipv4, IpAddress ipv6) {
    public TunnelAddresses {
        Families.requireV4(ipv4);
        Families.requireV6(ipv6);
    }
}
