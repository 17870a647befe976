package dev.gatehouse.relay.server.allocation;

/// What [Deadlines] removes in time.
sealed interface Expiring permits Allocation, Channel {
    long deadlineNs();
}
