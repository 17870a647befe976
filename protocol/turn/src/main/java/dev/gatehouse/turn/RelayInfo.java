package dev.gatehouse.turn;

import dev.gatehouse.wire.Endpoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;

/// A relay as the portal names it; its IPv4 and IPv6 entries are merged by id.
///
/// @param addresses one or two, of different families
public record RelayInfo(String id, List<Endpoint> addresses, String username, String password) {
    public RelayInfo {
        addresses = addresses.stream().sorted().toList();
        boolean twoOfAFamily =
                addresses.size() == 2 && addresses.get(0).isV4() == addresses.get(1).isV4();
        if (addresses.isEmpty() || addresses.size() > 2 || twoOfAFamily) {
            throw new IllegalArgumentException("a relay has one address per family");
        }
    }

    /// Entries with the same id become one: portals list both families of a relay apart. Where two
    /// entries disagree, the first counts.
    public static List<RelayInfo> mergedById(List<RelayInfo> relays) {
        var merged = new LinkedHashMap<String, RelayInfo>();
        relays.forEach(relay -> merged.merge(relay.id(), relay, RelayInfo::mergedWith));
        return List.copyOf(merged.values());
    }

    private RelayInfo mergedWith(RelayInfo other) {
        var both =
                Stream.concat(
                                addresses.stream(),
                                other.addresses.stream().filter(a -> !hasFamilyOf(a)))
                        .toList();
        return new RelayInfo(id, both, username, password);
    }

    private boolean hasFamilyOf(Endpoint address) {
        return addresses.stream().anyMatch(a -> a.isV4() == address.isV4());
    }

    @Override
    public String toString() {
        return "RelayInfo[" + id + ", redacted]";
    }
}
