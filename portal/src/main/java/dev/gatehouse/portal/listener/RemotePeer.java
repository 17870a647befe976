package dev.gatehouse.portal.listener;

import dev.gatehouse.portal.policy.Location;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;

/// Where a request comes from: the right-most untrusted entry of `X-Forwarded-For`, and the place
/// a trusted proxy told (portal-channel.md 7.1).
///
/// What stands left of the proxies' own entries was written by whoever asked. So as many entries
/// are read as there are proxies in a row, from the right: with one proxy its own, though the
/// address in it be another trusted one, which a client in the proxies' network has.
public record RemotePeer(IpAddress address, Location location) {
    private static final IpNetwork MAPPED_V4 = IpNetwork.parse("::ffff:0:0/96");

    /// The longest text of an address with brackets, zone and port.
    private static final int ADDRESS_LENGTH_MAX = 80;

    /// Whom to believe.
    ///
    /// @param networks of the proxies; nobody else's headers are read
    /// @param hops proxies in a row that add to `X-Forwarded-For`, at least 1
    /// @param tellPlaces whether they set `X-Geo-Location-*`, or take away what a client sent
    public record Proxies(List<IpNetwork> networks, int hops, boolean tellPlaces) {
        public static final Proxies NONE = new Proxies(List.of(), 1, false);

        private boolean contains(IpAddress address) {
            return networks.stream().anyMatch(n -> n.contains(address));
        }
    }

    static RemotePeer of(String socketAddress, MultiMap headers, Proxies proxies) {
        var address = parse(socketAddress).orElse(IpAddress.ANY_V4);
        if (!proxies.contains(address)) {
            return new RemotePeer(address, Location.UNKNOWN);
        }
        var location = proxies.tellPlaces() ? location(headers) : Location.UNKNOWN;
        return new RemotePeer(forwarded(address, headers, proxies), location);
    }

    private static IpAddress forwarded(IpAddress proxy, MultiMap headers, Proxies proxies) {
        String entries = String.join(",", headers.getAll("X-Forwarded-For"));
        var address = proxy;
        int end = entries.length();
        for (int hop = 0; hop < proxies.hops() && end >= 0 && proxies.contains(address); hop++) {
            int comma = entries.lastIndexOf(',', end - 1);
            var entry = parse(entries.substring(comma + 1, end).strip());
            if (entry.isEmpty()) {
                break;
            }
            address = entry.get();
            end = comma;
        }
        return address;
    }

    /// `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, both with a port or a zone, too.
    private static Optional<IpAddress> parse(String text) {
        if (text.length() > ADDRESS_LENGTH_MAX) {
            return Optional.empty();
        }
        try {
            return Optional.of(unmapped(addressOf(text)));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static IpAddress addressOf(String text) {
        boolean bracketed = text.startsWith("[");
        boolean single = text.indexOf(':') == text.lastIndexOf(':');
        if (bracketed && text.endsWith("]")) {
            return IpAddress.parse(withoutZone(text.substring(1, text.length() - 1)));
        }
        return bracketed || single && text.contains(":")
                ? Endpoint.parse(text).address()
                : IpAddress.parse(withoutZone(text));
    }

    private static String withoutZone(String text) {
        int zone = text.indexOf('%');
        return zone < 0 ? text : text.substring(0, zone);
    }

    private static IpAddress unmapped(IpAddress address) {
        return MAPPED_V4.contains(address) ? IpAddress.v4((int) address.low()) : address;
    }

    private static Location location(MultiMap headers) {
        var region = last(headers, "X-Geo-Location-Region");
        var coordinates = last(headers, "X-Geo-Location-Coordinates");
        return new Location(
                region.filter(r -> !r.isBlank()), coordinates.flatMap(RemotePeer::coordinates));
    }

    /// The proxy's own stands behind what it passes on.
    private static Optional<String> last(MultiMap headers, String name) {
        var values = headers.getAll(name);
        return values.isEmpty() ? Optional.empty() : Optional.of(values.getLast());
    }

    private static Optional<Location.Coordinates> coordinates(String text) {
        int comma = text.indexOf(',');
        try {
            return comma >= 0
                    ? Optional.of(
                            new Location.Coordinates(
                                    Double.parseDouble(text.substring(0, comma)),
                                    Double.parseDouble(text.substring(comma + 1))))
                    : Optional.empty();
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }
}
