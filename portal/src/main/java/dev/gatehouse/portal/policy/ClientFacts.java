package dev.gatehouse.portal.policy;

import dev.gatehouse.wire.IpAddress;
import java.util.Optional;

/// What the conditions of a policy may ask about a connected client.
public record ClientFacts(
        String actorId,
        IpAddress remoteIp,
        Location location,
        Optional<String> providerId,
        boolean verified,
        SemVer version) {}
