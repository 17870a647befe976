package dev.gatehouse.portal.hub;

import java.util.List;

/// One connected peer, as the API shows it.
public record Connection(
        String role,
        String id,
        String name,
        String owner,
        String component,
        String version,
        String endpoint,
        String remoteIp,
        List<String> addresses,
        boolean joined) {}
