package dev.gatehouse.dataplane;

/// What the probes know of the shard: published by it, read by anybody.
record ShardStatus(
        boolean resumed, boolean tunUp, int relaysAllocated, int connections, boolean draining) {
    static final ShardStatus STARTING = new ShardStatus(false, false, 0, 0, false);

    /// Whether the gateway can serve clients that are new to it.
    boolean isReady() {
        return resumed && tunUp && relaysAllocated > 0 && !draining;
    }
}
