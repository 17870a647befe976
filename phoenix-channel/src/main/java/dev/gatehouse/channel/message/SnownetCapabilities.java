package dev.gatehouse.channel.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.frame.Json;

/// What a peer's connectivity can do, portal-channel.md 9.2.
public record SnownetCapabilities(@JsonProperty(required = true) boolean iceless)
        implements GatewayToPortal, ClientToPortal {
    @Override
    public String event(ApiVersion version) {
        return "set_snownet_capabilities";
    }

    @Override
    public JsonNode payload(ApiVersion version) {
        return Json.toTree(this);
    }
}
