package dev.gatehouse.connectivity;

import dev.gatehouse.wire.Endpoint;
import java.util.List;

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

    @Override
    public String toString() {
        return "RelayInfo[" + id + ", redacted]";
    }
}
