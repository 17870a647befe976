package dev.gatehouse.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/// The portal's HTTP API, asked with `curl` on the portal's own machine: it listens on loopback.
public final class PortalApi {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BASE = "http://127.0.0.1:8084/api/v1/";

    private final Host portal;
    private final String token;

    PortalApi(Host portal, String token) {
        this.portal = portal;
        this.token = token;
    }

    public JsonNode get(String path) {
        return call("GET", path);
    }

    /// The names of the peers that are connected as `role`: "gateways", "clients" or "relays".
    public List<String> connected(String role) {
        var names = new ArrayList<String>();
        get("connections").path(role).forEach(node -> names.add(node.path("name").asText()));
        return names;
    }

    /// Ids of the authorizations in force.
    public List<String> authorizations() {
        var ids = new ArrayList<String>();
        get("authorizations").path("authorizations").forEach(n -> ids.add(n.path("id").asText()));
        return ids;
    }

    /// Takes all authorizations back; with `block` they are not granted again until [#unblock].
    public void revokeAll(boolean block) {
        for (String id : authorizations()) {
            call("POST", "authorizations/" + id + "/revoke" + (block ? "?block=true" : ""));
        }
    }

    public void unblock() {
        for (JsonNode block : get("blocks").path("blocks")) {
            var client = block.path("client_id").asText();
            call("DELETE", "blocks/" + client + "/" + block.path("resource_id").asText());
        }
    }

    private JsonNode call(String method, String path) {
        var result =
                portal.attempt(
                        "curl",
                        "-sS",
                        "-m",
                        "5",
                        "-X",
                        method,
                        "-H",
                        "Authorization: Bearer " + token,
                        BASE + path);
        try {
            return JSON.readTree(result.isOk() ? result.out() : "{}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
