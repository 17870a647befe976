package dev.gatehouse.dataplane.host;

import dev.gatehouse.transport.host.GatewayNetwork;
import dev.gatehouse.transport.host.Masquerade;
import dev.gatehouse.transport.host.Nft;
import java.io.IOException;
import java.util.Optional;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a gateway leaves on its host beyond the life of its processes, for a successor: rules,
/// unreachable routes, and, after a kill, the table of the packet filter.
public final class HostTraces {
    private static final Logger LOG = LoggerFactory.getLogger(HostTraces.class);

    private HostTraces() {}

    /// Removes rules and unreachable routes; nothing happens to what is not there. Only after an
    /// end for good: until then the unreachable routes keep clients' packets from leaving another
    /// way.
    public static void remove() {
        try {
            GatewayNetwork.forget(HostGuard.RANGES);
        } catch (IOException e) {
            LOG.debug("rules and unreachable routes stay: {}", e.getMessage());
        }
    }

    /// Also removes the packet filter's table, which a killed data plane could not.
    ///
    /// @param tunName of the data plane, if it was given one
    public static void removeAll(Optional<String> tunName) {
        remove();
        var tables = new TreeSet<String>();
        tables.add(TunNames.table(TunNames.DEFAULT));
        tables.add(TunNames.table(TunNames.BESIDE_CLIENT));
        tunName.map(TunNames::table).ifPresent(tables::add);
        Nft.find().map(Nft::new).ifPresent(nft -> tables.forEach(table -> remove(nft, table)));
    }

    private static void remove(Nft nft, String table) {
        try {
            Masquerade.remove(nft, table);
        } catch (IOException e) {
            LOG.debug("the table {} stays: {}", table, e.getMessage());
        }
    }
}
