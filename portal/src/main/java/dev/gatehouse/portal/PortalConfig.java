package dev.gatehouse.portal;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpNetwork;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// All settings of a portal process, checked.
record PortalConfig(
        Path file,
        Path dataDirectory,
        Endpoint listen,
        Endpoint apiListen,
        Optional<Tls> tls,
        List<IpNetwork> trustedProxies,
        int connectionsMax,
        Optional<String> apiToken) {
    /// PEM files.
    record Tls(Path certificate, Path key) {}

    @Override
    public String toString() {
        return "PortalConfig[" + file + "]";
    }
}
