package dev.gatehouse.channel.message.part;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.OptionalInt;

/// One rule of a resource: what it lists is permitted. ICMP has no ports.
public record Filter(Protocol protocol, OptionalInt portRangeStart, OptionalInt portRangeEnd) {
    private static final int PORT_MAX = 65_535;

    /// What a rule speaks of.
    public enum Protocol {
        @JsonProperty("tcp")
        TCP,
        @JsonProperty("udp")
        UDP,
        @JsonProperty("icmp")
        ICMP
    }

    public Filter {
        Ids.require(protocol, "protocol");
        portRangeStart = portRangeStart == null ? OptionalInt.empty() : portRangeStart;
        portRangeEnd = portRangeEnd == null ? OptionalInt.empty() : portRangeEnd;
        requirePort(portRangeStart.orElse(0));
        requirePort(portRangeEnd.orElse(PORT_MAX));
    }

    public static Filter icmp() {
        return new Filter(Protocol.ICMP, OptionalInt.empty(), OptionalInt.empty());
    }

    public static Filter ports(Protocol protocol, int first, int last) {
        return new Filter(protocol, OptionalInt.of(first), OptionalInt.of(last));
    }

    private static void requirePort(int port) {
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("port out of range");
        }
    }

    public int firstPort() {
        return portRangeStart.orElse(0);
    }

    public int lastPort() {
        return portRangeEnd.orElse(PORT_MAX);
    }
}
