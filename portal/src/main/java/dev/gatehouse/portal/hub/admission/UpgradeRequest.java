package dev.gatehouse.portal.hub.admission;

import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.policy.Location;
import dev.gatehouse.wire.IpAddress;
import java.util.Map;

/// What an HTTP upgrade said; absent texts are empty.
public record UpgradeRequest(
        ChannelEndpoint endpoint,
        Map<String, String> query,
        String authorization,
        String userAgent,
        IpAddress remoteIp,
        Location location) {
    String parameter(String name) {
        return query.getOrDefault(name, "");
    }

    @Override
    public String toString() {
        return "UpgradeRequest[" + endpoint + "]";
    }
}
