package dev.gatehouse.containers.site;

import dev.gatehouse.containers.engine.Box;

/// A gateway: two containers, or twice the same one that holds both processes.
///
/// @param name how the portal shows it
public record GatewayPair(String name, Box dataplane, Box controlplane) {
    /// SIGTERM to both, the control plane first: it says goodbye.
    void shutDown() {
        controlplane.shutDown();
        dataplane.shutDown();
    }

    String logs() {
        var logs = name + "\n" + dataplane.getLogs();
        return controlplane == dataplane ? logs : logs + controlplane.getLogs();
    }
}
