package dev.gatehouse.portal.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.Device;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/// Authorizations as the API shows them, with names beside the ids. A look-up each: peers wait
/// while an administrator asks.
final class AuthorizationList {
    private static final ObjectMapper JSON =
            new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

    private AuthorizationList() {}

    static JsonNode describe(
            Collection<Authorization> authorizations,
            Collection<Device> devices,
            Directory directory) {
        Map<String, String> names = new HashMap<>();
        devices.forEach(device -> names.put(device.id(), device.name()));
        var list = JSON.createArrayNode();
        for (var authorization : authorizations) {
            ObjectNode node = JSON.valueToTree(authorization);
            node.put("client", names.getOrDefault(authorization.clientId(), ""));
            node.put("gateway", names.getOrDefault(authorization.gatewayId(), ""));
            node.put(
                    "resource",
                    directory.resource(authorization.resourceId()).map(Resource::name).orElse(""));
            node.put(
                    "actor",
                    directory.actor(authorization.actorId()).map(Directory.Actor::name).orElse(""));
            list.add(node);
        }
        return list;
    }
}
