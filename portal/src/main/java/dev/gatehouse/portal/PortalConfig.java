package dev.gatehouse.portal;

import dev.gatehouse.portal.hub.admission.PlaceLimits;
import dev.gatehouse.portal.listener.RemotePeer;
import dev.gatehouse.wire.Endpoint;
import java.nio.file.Path;
import java.util.Optional;

/// All settings of a portal process, checked.
record PortalConfig(
        Path file,
        Path dataDirectory,
        Endpoint listen,
        Endpoint apiListen,
        Optional<Tls> tls,
        RemotePeer.Proxies proxies,
        PlaceLimits places,
        Optional<String> apiToken) {
    /// PEM files.
    record Tls(Path certificate, Path key) {}

    @Override
    public String toString() {
        return "PortalConfig[" + file + "]";
    }
}
