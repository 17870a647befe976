package dev.gatehouse.http.table;

import dev.gatehouse.wire.IpNetwork;
import java.util.LinkedHashSet;

/// The prefixes that somebody we know was seen at last. Pure, not thread-safe.
public final class KnownPrefixes {
    private final int limit;
    private final LinkedHashSet<IpNetwork> prefixes = new LinkedHashSet<>();

    /// @param limit prefixes; beyond, who was not seen for longest is forgotten
    public KnownPrefixes(int limit) {
        this.limit = limit;
    }

    public void add(IpNetwork prefix) {
        prefixes.addLast(prefix);
        if (prefixes.size() > limit) {
            prefixes.removeFirst();
        }
    }

    public boolean contains(IpNetwork prefix) {
        return prefixes.contains(prefix);
    }
}
