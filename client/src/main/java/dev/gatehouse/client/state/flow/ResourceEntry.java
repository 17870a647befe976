package dev.gatehouse.client.state.flow;

import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.wire.TokenBucket;
import java.time.Duration;

/// A resource, the gateway that serves it and the flow asked for. At most one of the two is there.
public final class ResourceEntry {
    public Resource resource;
    /// Null while no gateway serves the resource.
    public Gateway gateway;
    /// Null while no flow is asked for; also present while a granted one is renewed.
    PendingFlow pending;

    /// For packets that find no gateway.
    final RequestPace requests = new RequestPace(Duration.ofSeconds(5));
    /// For packets that the gateway prohibits: most of those it would prohibit again.
    final RequestPace renewals = new RequestPace(Duration.ofSeconds(30));

    /// For what is asked at once when a gateway is lost: one that says goodbye as often as it is
    /// connected is left to the pace of traffic.
    final TokenBucket losses = new TokenBucket(1, 10);

    /// When a packet was last sent to the resource through its gateway.
    long usedAtNs;

    ResourceEntry(Resource resource) {
        this.resource = resource;
    }

    public String id() {
        return resource.id();
    }

    public Resource resource() {
        return resource;
    }

    /// Only what people read has changed.
    public void describe(Resource described) {
        resource = described;
    }

    /// Null while none serves the resource.
    public Gateway gateway() {
        return gateway;
    }

    /// What waits for a flow that was refused, as long as it is not asked for again; else null.
    /// A flow is there or wanted.
    public PendingFlow heldBack() {
        return gateway == null && !pending.isAwaited() ? pending : null;
    }
}
