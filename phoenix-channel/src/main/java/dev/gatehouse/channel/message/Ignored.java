package dev.gatehouse.channel.message;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.frame.Json;

/// A message that has no effect: an unknown event, or a payload that cannot be decoded.
///
/// @param reason why, without any value of the message
public record Ignored(String event, String reason)
        implements PortalToGateway, PortalToClient, GatewayToPortal, ClientToPortal {
    @Override
    public String event(ApiVersion version) {
        return event;
    }

    @Override
    public JsonNode payload(ApiVersion version) {
        return Json.object();
    }
}
