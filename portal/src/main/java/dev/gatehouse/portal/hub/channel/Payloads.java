package dev.gatehouse.portal.hub.channel;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.directory.ResourceView;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.Device;
import java.util.Collection;
import java.util.Locale;

/// Builds the payloads about addresses and resources. Each holds what peers of either age need;
/// older ones ignore the rest.
public final class Payloads {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final int DNS_PORT = 53;

    private Payloads() {}

    public static ObjectNode empty() {
        return JSON.objectNode();
    }

    public static ObjectNode gatewayInit(
            Device gateway,
            Directory directory,
            ArrayNode relays,
            Collection<Authorization> authorizations) {
        var init = JSON.objectNode();
        init.putObject("interface").put("ipv4", gateway.ipv4()).put("ipv6", gateway.ipv6());
        init.putObject("config")
                .put("ipv4_masquerade_enabled", true)
                .put("ipv6_masquerade_enabled", true);
        init.put("account_slug", directory.account().slug());
        init.set("relays", relays);
        init.set("flow_logs", flowLogs());
        var list = init.putArray("authorizations");
        for (var authorization : authorizations) {
            list.addObject()
                    .put("client_id", authorization.clientId())
                    .put("resource_id", authorization.resourceId())
                    .put("expires_at", authorization.expiresAt());
        }
        return init;
    }

    public static ObjectNode clientInit(
            Device client,
            Directory directory,
            ArrayNode relays,
            Collection<ResourceView> resources) {
        var init = JSON.objectNode();
        init.set("interface", clientInterface(client, directory));
        var list = init.putArray("resources");
        resources.forEach(r -> list.add(clientResource(r)));
        init.set("relays", relays);
        init.set("flow_logs", flowLogs());
        init.putArray("authorizations");
        return init;
    }

    /// Demanded by August 2026 peers; an interval of 0 means that nothing is uploaded.
    private static ObjectNode flowLogs() {
        return JSON.objectNode()
                .put("api_url", "https://portal.invalid")
                .put("upload_interval_secs", 0)
                .put("upload_batch_size", 0);
    }

    public static ObjectNode clientInterface(Device client, Directory directory) {
        var account = directory.account();
        var node = JSON.objectNode().put("ipv4", client.ipv4()).put("ipv6", client.ipv6());
        var dns = node.putArray("upstream_dns");
        var do53 = node.putArray("upstream_do53");
        for (var server : account.upstreamDns()) {
            dns.addObject()
                    .put("protocol", "ip_port")
                    .put("address", Endpoints.text(server.address(), server.port()));
            if (server.port() == DNS_PORT) { // newer clients are told no port
                do53.addObject().put("ip", server.address().toString());
            }
        }
        var doh = node.putArray("upstream_doh");
        account.upstreamDoh().forEach(url -> doh.addObject().put("url", url));
        node.put("search_domain", account.searchDomain().orElse(null));
        return node;
    }

    public static ObjectNode clientResource(ResourceView view) {
        var resource = view.resource();
        var node = JSON.objectNode().put("type", type(resource)).put("id", resource.id());
        var sites = node.putArray("gateway_groups");
        view.sites().forEach(s -> sites.addObject().put("id", s.id()).put("name", s.name()));
        if (resource.type() == Resource.Type.INTERNET) {
            return node.put("can_be_disabled", true);
        }
        node.put("name", resource.name())
                .put("address", address(resource))
                .put("address_description", resource.description().orElse(null));
        node.set("filters", filters(resource));
        if (resource.type() == Resource.Type.DNS) {
            node.put("ip_stack", resource.ipStack().name().toLowerCase(Locale.ROOT));
        }
        return node;
    }

    public static ObjectNode gatewayResource(Resource resource) {
        var node = JSON.objectNode().put("type", type(resource)).put("id", resource.id());
        if (resource.type() == Resource.Type.INTERNET) {
            return node;
        }
        node.put("name", resource.name()).put("address", address(resource));
        node.set("filters", filters(resource));
        return node;
    }

    private static String type(Resource resource) {
        return switch (resource.type()) {
            case CIDR, IP -> "cidr";
            case DNS -> "dns";
            case INTERNET -> "internet";
        };
    }

    private static String address(Resource resource) {
        return resource.address();
    }

    private static ArrayNode filters(Resource resource) {
        var filters = JSON.arrayNode();
        for (var filter : resource.filters()) {
            var node =
                    filters.addObject()
                            .put("protocol", filter.protocol().name().toLowerCase(Locale.ROOT));
            if (filter.protocol() != Resource.Protocol.ICMP) {
                node.put("port_range_start", filter.portStart())
                        .put("port_range_end", filter.portEnd());
            }
        }
        return filters;
    }
}
