package dev.gatehouse.dataplane.gateway;

import java.util.OptionalLong;

/// One resource that one client may use.
final class Grant {
    private ResourceSpec resource;
    private RuleSet rules;
    private OptionalLong expiresAtUnixSeconds;

    Grant(ResourceSpec resource, OptionalLong expiresAtUnixSeconds) {
        update(resource);
        this.expiresAtUnixSeconds = expiresAtUnixSeconds;
    }

    ResourceSpec resource() {
        return resource;
    }

    void update(ResourceSpec resource) {
        this.resource = resource;
        this.rules = new RuleSet(resource.filters());
    }

    OptionalLong expiresAtUnixSeconds() {
        return expiresAtUnixSeconds;
    }

    void expiresAt(OptionalLong unixSeconds) {
        expiresAtUnixSeconds = unixSeconds;
    }

    boolean isExpired(long nowUnixSeconds) {
        return expiresAtUnixSeconds.isPresent()
                && expiresAtUnixSeconds.getAsLong() <= nowUnixSeconds;
    }

    boolean admits(int protocol, int port) {
        return rules.admits(protocol, port);
    }
}
