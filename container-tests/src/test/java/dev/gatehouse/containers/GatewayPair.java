package dev.gatehouse.containers;

/// A gateway: two containers, or twice the same one that holds both processes.
///
/// @param name how the portal shows it
record GatewayPair(String name, Box dataplane, Box controlplane) {
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
