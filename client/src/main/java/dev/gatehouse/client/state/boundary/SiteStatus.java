package dev.gatehouse.client.state.boundary;

/// Whether a site, or a resource that sites serve, can be reached, as far as we know.
public enum SiteStatus {
    UNKNOWN,
    ONLINE,
    OFFLINE
}
