package dev.gatehouse.portal;

import dev.gatehouse.portal.policy.Location;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;

/// Where a request comes from: the right-most untrusted entry of `X-Forwarded-For`, and the place
/// a trusted proxy told (portal-channel.md 7.1).
record RemotePeer(IpAddress address, Location location) {
    private static final IpNetwork MAPPED_V4 = IpNetwork.parse("::ffff:0:0/96");

    static RemotePeer of(String socketAddress, MultiMap headers, List<IpNetwork> trusted) {
        var address = parse(socketAddress).orElse(IpAddress.ANY_V4);
        if (!isTrusted(address, trusted)) {
            return new RemotePeer(address, Location.UNKNOWN);
        }
        String[] hops = String.join(",", headers.getAll("X-Forwarded-For")).split(",");
        for (int i = hops.length - 1; i >= 0 && isTrusted(address, trusted); i--) {
            var hop = parse(hops[i].strip());
            if (hop.isEmpty()) {
                break;
            }
            address = hop.get();
        }
        return new RemotePeer(address, location(headers));
    }

    private static boolean isTrusted(IpAddress address, List<IpNetwork> trusted) {
        return trusted.stream().anyMatch(n -> n.contains(address));
    }

    private static Optional<IpAddress> parse(String text) {
        int zone = text.indexOf('%');
        try {
            return Optional.of(
                    unmapped(IpAddress.parse(zone < 0 ? text : text.substring(0, zone))));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static IpAddress unmapped(IpAddress address) {
        return MAPPED_V4.contains(address) ? IpAddress.v4((int) address.low()) : address;
    }

    private static Location location(MultiMap headers) {
        var region = Optional.ofNullable(headers.get("X-Geo-Location-Region"));
        var coordinates = Optional.ofNullable(headers.get("X-Geo-Location-Coordinates"));
        return new Location(
                region.filter(r -> !r.isBlank()), coordinates.flatMap(RemotePeer::coordinates));
    }

    private static Optional<Location.Coordinates> coordinates(String text) {
        String[] parts = text.split(",", -1);
        try {
            return parts.length == 2
                    ? Optional.of(
                            new Location.Coordinates(
                                    Double.parseDouble(parts[0]), Double.parseDouble(parts[1])))
                    : Optional.empty();
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }
}
