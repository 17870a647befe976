package dev.gatehouse.dataplane.host;

import dev.gatehouse.transport.host.Masquerade;
import dev.gatehouse.transport.host.Nft;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the masquerade rules in place and reads the rules of others. Owned by the guard's thread.
final class FilterKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FilterKeeper.class);

    private final Optional<Nft> nft = Nft.find().map(Nft::new);
    private final Optional<Masquerade> masquerade;
    private final Runnable onRestored;
    private Optional<PacketFilter> filter = Optional.empty();
    private Optional<String> fault = Optional.empty();
    private Masquerade.Host known = Masquerade.Host.ALONE;
    private boolean isInstalled;

    /// @param table for masquerading; empty: an administrator masquerades
    FilterKeeper(Optional<String> table, List<String> tunnels, Runnable onRestored) {
        this.onRestored = onRestored;
        masquerade = nft.flatMap(n -> table.map(name -> new Masquerade(n, name, tunnels)));
        if (table.isPresent() && nft.isEmpty()) {
            fault = Optional.of("cannot masquerade: nft is not on the path, install nftables");
        }
    }

    /// Starts `nft` once or more.
    ///
    void look(Masquerade.Host host) {
        if (nft.isEmpty()) {
            return;
        }
        try {
            filter = Optional.of(PacketFilter.read(nft.get()));
            if (masquerade.isPresent()) {
                keep(masquerade.get(), host);
            }
            fault = Optional.empty();
        } catch (IOException e) {
            LOG.debug("nft", e);
            isInstalled &= masquerade.isEmpty();
            fault = masquerade.map(_ -> "cannot masquerade: " + e.getMessage());
        }
    }

    private void keep(Masquerade rules, Masquerade.Host host) throws IOException {
        boolean isWhole = filter.orElseThrow().rulesOf(rules.table()) == rules.ruleCount(known);
        if (isInstalled && isWhole && known.equals(host)) {
            return;
        }
        rules.install(host);
        if (isInstalled && !isWhole) {
            onRestored.run();
        }
        known = host;
        isInstalled = true;
    }

    /// Whether it has to look again, though nothing was told.
    boolean isDue(Masquerade.Host host) {
        return fault.isPresent() || !known.equals(host);
    }

    /// Why nothing is masqueraded.
    Optional<String> fault() {
        return fault;
    }

    /// As last read.
    Optional<PacketFilter> filter() {
        return filter;
    }

    @Override
    public void close() {
        masquerade.ifPresent(Masquerade::close);
    }
}
