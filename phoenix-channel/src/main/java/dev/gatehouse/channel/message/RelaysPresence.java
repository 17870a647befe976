package dev.gatehouse.channel.message;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.message.part.Ids;
import dev.gatehouse.channel.message.part.RelayEntry;
import java.util.List;

/// Relays came or went: first the disconnected ones are removed, then the others added or replaced.
public record RelaysPresence(List<String> disconnectedIds, List<RelayEntry> connected)
        implements PortalToGateway, PortalToClient {
    public RelaysPresence {
        disconnectedIds = Ids.requireList(disconnectedIds, "disconnected_ids");
        connected = Ids.requireList(connected, "connected");
    }

    @Override
    public String event(ApiVersion version) {
        return "relays_presence";
    }

    @Override
    public JsonNode payload(ApiVersion version) {
        return Json.toTree(this);
    }
}
