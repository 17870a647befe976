package dev.gatehouse.dataplane.gateway.filter;

/// One line of what a resource admits. A resource without any admits everything.
public sealed interface Filter {
    /// TCP or UDP to ports `first` to `last`, both included.
    record Ports(Transport transport, int first, int last) implements Filter {
        public Ports {
            if (first < 0 || last > 0xFFFF) {
                throw new IllegalArgumentException("ports out of range: " + first + "-" + last);
            }
        }
    }

    /// Any ICMP.
    record Icmp() implements Filter {}

    /// A protocol with ports.
    enum Transport {
        TCP,
        UDP
    }
}
