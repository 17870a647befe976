package dev.gatehouse.dataplane.host;

import java.util.List;
import java.util.Optional;

/// What the host does with the tunnel's packets.
///
/// @param fault why none of them are passed on, with the remedy; empty if they are
/// @param warnings what else an administrator should know, a line each
public record HostHealth(Optional<String> fault, List<String> warnings) {
    static final HostHealth WELL = new HostHealth(Optional.empty(), List.of());
}
