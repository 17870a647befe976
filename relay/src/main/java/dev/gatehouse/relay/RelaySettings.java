package dev.gatehouse.relay;

import dev.gatehouse.channel.Secret;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/// All settings of one relay process, checked.
///
/// @param portal absent in standalone mode
/// @param stampSecret a fixed one; absent = drawn at start
/// @param drain how long allocations may go on after SIGTERM; zero ends at once (relay.md 14)
/// @param seed makes everything drawn predictable; absent = drawn from the operating system
record RelaySettings(
        RelayConfig relay,
        IpAddress bindV4,
        IpAddress bindV6,
        Optional<PortalLogin> portal,
        Optional<Secret> stampSecret,
        OptionalLong seed,
        Endpoint health,
        Duration drain) {}
