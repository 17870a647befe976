package dev.gatehouse.client.resolver;

import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;

/// What the host's resolver is to ask.
///
/// @param sentinels in the order in which they are asked; none: the host's own servers
public record DnsWish(List<IpAddress> sentinels, Optional<String> searchDomain) {
    public DnsWish {
        sentinels = List.copyOf(sentinels);
    }
}
