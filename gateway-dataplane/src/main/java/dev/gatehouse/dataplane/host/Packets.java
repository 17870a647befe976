package dev.gatehouse.dataplane.host;

import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress.Family;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;
import java.util.OptionalInt;

/// A kind of packets of the tunnel, on their way through the host.
///
/// @param in interface by which they come
/// @param out interface by which they leave; empty: they are for the host itself
/// @param isAnswer whether they belong to a connection that the other side opened
/// @param port destination, where it is known
record Packets(Family family, String in, String out, boolean isAnswer, OptionalInt port) {
    /// From clients to a resource, whichever.
    static Packets requests(Family family, String tunnel, String out) {
        return new Packets(family, tunnel, out, false, OptionalInt.empty());
    }

    /// From resources back to clients.
    static Packets answers(Family family, String in, String tunnel) {
        return new Packets(family, in, tunnel, true, OptionalInt.empty());
    }

    /// From clients to a service of the gateway.
    static Packets toHost(Family family, String tunnel, int port) {
        return new Packets(family, tunnel, "", false, OptionalInt.of(port));
    }

    boolean isForwarded() {
        return !out.isEmpty();
    }

    boolean isV4() {
        return family == Family.IPV4;
    }

    /// Where the clients' addresses are.
    IpNetwork clients() {
        return isV4() ? TunnelRanges.TUNNEL_V4 : TunnelRanges.TUNNEL_V6;
    }

    /// The hooks that they pass, in order, as far as others filter there.
    List<String> hooks() {
        return isForwarded()
                ? List.of("prerouting", "forward", "postrouting")
                : List.of("prerouting", "input");
    }
}
