package dev.gatehouse.dataplane.gateway.filter;

import java.util.OptionalLong;

/// One resource that one client may use.
public final class Grant {
    private ResourceSpec resource;
    private RuleSet rules;
    private OptionalLong expiresAtUnixSeconds;

    public Grant(ResourceSpec resource, OptionalLong expiresAtUnixSeconds) {
        update(resource);
        this.expiresAtUnixSeconds = expiresAtUnixSeconds;
    }

    public ResourceSpec resource() {
        return resource;
    }

    void update(ResourceSpec resource) {
        this.resource = resource;
        this.rules = new RuleSet(resource.filters());
    }

    public OptionalLong expiresAtUnixSeconds() {
        return expiresAtUnixSeconds;
    }

    public void expiresAt(OptionalLong unixSeconds) {
        expiresAtUnixSeconds = unixSeconds;
    }

    public boolean isExpired(long nowUnixSeconds) {
        return expiresAtUnixSeconds.isPresent()
                && expiresAtUnixSeconds.getAsLong() <= nowUnixSeconds;
    }

    boolean admits(int protocol, int port) {
        return rules.admits(protocol, port);
    }
}
