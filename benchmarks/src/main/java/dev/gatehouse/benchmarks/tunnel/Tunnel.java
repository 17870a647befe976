package dev.gatehouse.benchmarks.tunnel;

import java.util.List;

/// A way from the client's machine to the resource's; up between construction and [#close].
interface Tunnel extends AutoCloseable {
    String name();

    /// The address of the resource's machine through this tunnel.
    String target();

    /// Processes whose CPU time the tunnel costs, client side and gateway side.
    List<Long> processIds();

    @Override
    void close();
}
