package dev.gatehouse.client.state;

import java.time.Duration;

/// A resource, the gateway that serves it and the flow asked for. At most one of the two is there.
final class ResourceEntry {
    Resource resource;
    /// Null while no gateway serves the resource.
    Gateway gateway;
    /// Null while no flow is asked for; also present while a granted one is renewed.
    PendingFlow pending;

    /// For packets that find no gateway.
    final RequestPace requests = new RequestPace(Duration.ofSeconds(5));
    /// For packets that the gateway prohibits: most of those it would prohibit again.
    final RequestPace renewals = new RequestPace(Duration.ofSeconds(30));

    /// When a packet was last sent to the resource through its gateway.
    long usedAtNs;

    ResourceEntry(Resource resource) {
        this.resource = resource;
    }

    String id() {
        return resource.id();
    }
}
