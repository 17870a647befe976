package dev.gatehouse.channel.message;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.frame.Json;

/// A peer has no relay left and asks for some, portal-channel.md 9.4.
public record NoRelays() implements GatewayToPortal, ClientToPortal {
    @Override
    public String event(ApiVersion version) {
        return "no_relays";
    }

    @Override
    public JsonNode payload(ApiVersion version) {
        return Json.object();
    }
}
