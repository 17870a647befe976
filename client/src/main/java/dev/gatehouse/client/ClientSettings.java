package dev.gatehouse.client;

import dev.gatehouse.channel.Secret;
import dev.gatehouse.client.resolver.DnsControl;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// All settings of one client process, checked.
///
/// @param tunName of the device, 1 to 15 characters; another one is taken beside a gateway
/// @param externalId how the portal knows this device
/// @param partitionMax how long the portal may be away; zero = for ever
/// @param caFile PEM certificates to trust instead of the JVM's
/// @param packets how packets are moved and sealed
/// @param exitOnceUp whether to end after the interface was configured for the first time
record ClientSettings(
        URI api,
        Secret token,
        String tunName,
        String externalId,
        String name,
        DnsControl dnsControl,
        Path resolvConf,
        boolean internetActive,
        Duration partitionMax,
        Optional<Path> caFile,
        Path statusSocket,
        Buffers buffers,
        Packets packets,
        boolean exitOnceUp) {
    /// Sizes of socket buffers.
    ///
    /// @param raiseLimits whether to raise the kernel's limits first
    record Buffers(int sendBytes, int receiveBytes, boolean raiseLimits) {}

    /// @param offloads whether packets move in batches between kernel and process, where it can
    /// @param aead which implementation of the cipher; empty: the best
    record Packets(boolean offloads, Optional<String> aead) {}
}
