package dev.gatehouse.dataplane.host;

import dev.gatehouse.transport.host.GatewayNetwork;
import dev.gatehouse.transport.host.GatewayNetwork.Part;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts back what others take from the tunnel's devices. Owned by the guard's thread.
final class TunnelKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TunnelKeeper.class);

    private final List<String> tunnels;
    private final int mtu;
    private final HostGuard.ClientRoutes clientRoutes;
    private final BiConsumer<String, Restored> note;
    private final GatewayNetwork network = new GatewayNetwork();

    TunnelKeeper(
            HostGuard.Settings settings,
            HostGuard.ClientRoutes clientRoutes,
            BiConsumer<String, Restored> note)
            throws IOException {
        tunnels = settings.tunnels();
        mtu = settings.mtu();
        this.clientRoutes = clientRoutes;
        this.note = note;
    }

    /// @param addresses of each device that has been given its own
    /// @return why the tunnel does not work
    Optional<String> look(Map<String, List<IpAddress>> addresses) {
        var fault = Optional.<String>empty();
        for (var tunnel : tunnels) {
            try {
                if (addresses.containsKey(tunnel)) {
                    tell(tunnel, look(tunnel, addresses.get(tunnel)));
                }
            } catch (IOException e) {
                LOG.debug("{}: {}", tunnel, e.getMessage());
                fault = Optional.of("the tunnel's device is gone: " + e.getMessage());
            }
        }
        if (fault.isEmpty() && clientRoutes.ensure()) {
            note.accept(tunnels.getLast(), Restored.ROUTE);
        }
        return fault;
    }

    private Set<Part> look(String tunnel, List<IpAddress> addresses) throws IOException {
        var missing = EnumSet.noneOf(Part.class);
        missing.addAll(network.ensureLink(tunnel, mtu, addresses));
        if (tunnel.equals(tunnels.getFirst())) {
            missing.addAll(network.ensureRoutes(tunnel, HostGuard.RANGES));
            missing.addAll(network.ensureRules(tunnels));
        }
        return missing;
    }

    private void tell(String tunnel, Set<Part> missing) {
        for (var part : missing) {
            if (!isConsequence(part, missing)) {
                note.accept(tunnel, restored(part));
            }
        }
    }

    /// A link that goes down takes addresses and routes along, and so does an MTU that is too small
    /// for IPv6.
    private static boolean isConsequence(Part part, Set<Part> missing) {
        return (part == Part.ADDRESS || part == Part.ROUTE)
                && (missing.contains(Part.LINK) || missing.contains(Part.MTU));
    }

    private static Restored restored(Part part) {
        return switch (part) {
            case MTU -> Restored.MTU;
            case LINK -> Restored.LINK;
            case ADDRESS -> Restored.ADDRESS;
            case ROUTE -> Restored.ROUTE;
            case RULE -> Restored.RULE;
        };
    }

    @Override
    public void close() {
        network.close();
    }
}
