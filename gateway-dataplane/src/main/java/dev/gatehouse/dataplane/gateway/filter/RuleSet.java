package dev.gatehouse.dataplane.gateway.filter;

import dev.gatehouse.wire.IpProtocol;
import java.util.List;
import java.util.stream.IntStream;

/// The filters of one resource, in the form that is asked per packet.
public final class RuleSet {
    private final boolean admitsAll;
    private final boolean admitsIcmp;
    private final int[] tcp; // first, last, first, last...
    private final int[] udp;

    public RuleSet(List<Filter> filters) {
        admitsAll = filters.isEmpty();
        admitsIcmp = filters.contains(new Filter.Icmp());
        tcp = ranges(filters, Filter.Transport.TCP);
        udp = ranges(filters, Filter.Transport.UDP);
    }

    private static int[] ranges(List<Filter> filters, Filter.Transport transport) {
        return filters.stream()
                .filter(Filter.Ports.class::isInstance)
                .map(Filter.Ports.class::cast)
                .filter(ports -> ports.transport() == transport)
                .flatMapToInt(ports -> IntStream.of(ports.first(), ports.last()))
                .toArray();
    }

    /// @param port of the resource's side; ignored for protocols without ports
    public boolean admits(int protocol, int port) {
        return admitsAll
                || switch (protocol) {
                    case IpProtocol.TCP -> contains(tcp, port);
                    case IpProtocol.UDP -> contains(udp, port);
                    case IpProtocol.ICMP, IpProtocol.ICMPV6 -> admitsIcmp;
                    default -> false;
                };
    }

    private static boolean contains(int[] ranges, int port) {
        for (int i = 0; i < ranges.length; i += 2) {
            if (port >= ranges[i] && port <= ranges[i + 1]) {
                return true;
            }
        }
        return false;
    }
}
