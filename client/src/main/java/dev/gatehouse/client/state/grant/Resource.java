package dev.gatehouse.client.state.grant;

import dev.gatehouse.wire.IpNetwork;
import java.util.List;

/// Something that the portal grants this client (client.md 5.1).
public sealed interface Resource {
    String id();

    String name();

    List<Site> sites();

    /// Which families a name answers for.
    enum IpStack {
        DUAL,
        IPV4_ONLY,
        IPV6_ONLY;

        public boolean hasV4() {
            return this != IPV6_ONLY;
        }

        public boolean hasV6() {
            return this != IPV4_ONLY;
        }
    }

    /// @param pattern of names, client.md 10
    record Dns(String id, String name, String pattern, IpStack stack, List<Site> sites)
            implements Resource {
        public Dns {
            sites = List.copyOf(sites);
        }
    }

    record Cidr(String id, String name, IpNetwork network, List<Site> sites) implements Resource {
        public Cidr {
            sites = List.copyOf(sites);
        }
    }

    /// Everything else; routes only while the user has switched it on.
    record Internet(String id, String name, List<Site> sites) implements Resource {
        public Internet {
            sites = List.copyOf(sites);
        }
    }

    /// True if connections for `other` serve this resource too: only its description differs.
    default boolean isReachedLike(Resource other) {
        return switch (this) {
            case Dns dns ->
                    other instanceof Dns that
                            && dns.pattern.equals(that.pattern)
                            && dns.stack == that.stack;
            case Cidr cidr -> other instanceof Cidr that && cidr.network.equals(that.network);
            case Internet _ -> other instanceof Internet;
        };
    }
}
