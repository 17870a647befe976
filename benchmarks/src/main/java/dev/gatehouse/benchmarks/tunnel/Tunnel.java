package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.demo.Host;
import java.util.List;
import java.util.Optional;

/// A way from a client's machine to the resource's; up between construction and [#close].
interface Tunnel extends AutoCloseable {
    String name();

    /// The machine where the traffic begins.
    Host client();

    /// The machine where the tunnel ends.
    Host gateway();

    /// Both, the client first.
    default List<Host> ends() {
        return List.of(client(), gateway());
    }

    /// The address of the resource's machine through this tunnel.
    default String target() {
        return BenchLab.RESOURCE_V4;
    }

    /// The same machine by IPv6, where the tunnel carries it.
    default Optional<String> targetV6() {
        return Optional.of(BenchLab.RESOURCE_V6);
    }

    /// The address that stands for the resource's name, if this system gives names addresses.
    default Optional<String> targetByName() {
        return Optional.empty();
    }

    /// Processes whose CPU time the tunnel costs, client side and gateway side.
    List<Long> processIds();

    @Override
    void close();
}
