package dev.gatehouse.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.portal.TestPeer.Age;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PortalChannelTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String V4 = TestPortal.resourceId("v4");

    @TempDir private Path directory;
    private TestPortal portal;

    @BeforeEach
    void start() throws Exception {
        portal = TestPortal.start(directory);
    }

    @AfterEach
    void stop() {
        portal.close();
    }

    private static boolean isNew(Age age) {
        return age == Age.AUGUST_2026;
    }

    private static void request(TestPeer client, Age age, String resourceId) {
        var payload = client.object().put("resource_id", resourceId);
        payload.putArray("connected_gateway_ids");
        client.send(isNew(age) ? "request_authorization" : "create_flow", payload);
    }

    /// Runs one request through and returns what the client is told.
    private static JsonNode authorize(TestPeer client, TestPeer gateway, Age age, String id)
            throws Exception {
        request(client, age, id);
        var asked = gateway.expect(isNew(age) ? "create_authorization" : "authorize_flow");
        gateway.send(
                isNew(age) ? "authorization_created" : "flow_authorized",
                gateway.object().put("ref", asked.get("ref").asText()));
        assertThat(gateway.expect("phx_reply").at("/status").asText()).isEqualTo("ok");
        var told = client.expect(isNew(age) ? "authorization_created" : "flow_created");
        assertThat(told.get("preshared_key")).isEqualTo(asked.at("/client/preshared_key"));
        assertThat(told.get("client_ice_credentials"))
                .isEqualTo(asked.get("client_ice_credentials"));
        return told;
    }

    @ParameterizedTest
    @EnumSource(Age.class)
    void peersOfEitherAgeJoinAskAndExchangeCandidates(Age age) throws Exception {
        try (var _ = TestPeer.relay(portal, 3478);
                var gateway = TestPeer.gateway(portal, age, 1);
                var client = TestPeer.client(portal, age, 2)) {
            var gatewayInit = gateway.join();
            assertThat(gatewayInit.get("relays")).hasSize(2);
            assertThat(gatewayInit.at("/relays/0/addr").asText()).isEqualTo("10.99.0.3:3478");
            assertThat(gatewayInit.at("/relays/1/addr").asText()).isEqualTo("[fd99::3]:3478");
            assertThat(gatewayInit.at("/relays/0/expires_at").asLong()).isEqualTo(2145916800L);
            var clientInit = client.join();
            assertThat(clientInit.get("resources")).hasSize(3);
            assertThat(clientInit.at("/interface/upstream_dns/0/address").asText())
                    .isEqualTo("9.9.9.9:53");
            if (isNew(age)) {
                gateway.send("set_snownet_capabilities", gateway.object().put("iceless", true));
                client.send("set_snownet_capabilities", client.object().put("iceless", true));
            }
            var created = authorize(client, gateway, age, V4);
            assertThat(created.get("use_iceless").asBoolean(true)).isFalse();
            assertThat(created.get("gateway_ipv4")).isEqualTo(gatewayInit.at("/interface/ipv4"));
            exchangeCandidates(client, gateway, age, created.get("gateway_id").asText());
        }
    }

    private static void exchangeCandidates(
            TestPeer client, TestPeer gateway, Age age, String gatewayId) throws Exception {
        var toGateway = client.object();
        if (isNew(age)) {
            toGateway.put("gateway_id", gatewayId);
        } else {
            toGateway.putArray("gateway_ids").add(gatewayId);
        }
        toGateway.putArray("candidates").add("candidate:1");
        client.send(
                isNew(age) ? "new_gateway_ice_candidates" : "broadcast_ice_candidates", toGateway);
        var arrived = gateway.expect("ice_candidates");
        assertThat(arrived.at("/candidates/0").asText()).isEqualTo("candidate:1");
        var toClient = gateway.object();
        toClient.putArray("client_ids").add(arrived.get("client_id").asText());
        toClient.putArray("candidates").add("candidate:2");
        gateway.send("broadcast_invalidated_ice_candidates", toClient);
        assertThat(client.expect("invalidate_ice_candidates").get("gateway_id").asText())
                .isEqualTo(gatewayId);
    }

    /// portal-channel.md 9.4: without one of them a peer drops the whole message.
    private static final List<String> REQUIRED_CLAIMS =
            List.of(
                    "account_id",
                    "role",
                    "initiator_device_id",
                    "responder_device_id",
                    "policy_authorization_id",
                    "policy_id",
                    "resource_id",
                    "resource_name",
                    "initiator_actor_id",
                    "initiator_actor_name",
                    "authorized_at",
                    "authorization_expires_at");

    @Test
    void theIngestTokenHasTheClaimsNewPeersDemand() throws Exception {
        try (var gateway = TestPeer.gateway(portal, Age.AUGUST_2026, 1);
                var client = TestPeer.client(portal, Age.AUGUST_2026, 2)) {
            gateway.join();
            client.join();
            var created = authorize(client, gateway, Age.AUGUST_2026, V4);
            String[] token = created.get("flow_logs_ingest_token").asText().split("\\.");
            assertThat(token).hasSize(3);
            var header = JSON.readTree(Base64.getUrlDecoder().decode(token[0]));
            assertThat(header.get("alg").asText()).isEqualTo("HS256");
            assertThat(token[2]).isNotEmpty().doesNotContain("=");
            var claims = JSON.readTree(Base64.getUrlDecoder().decode(token[1]));
            for (var text : REQUIRED_CLAIMS) {
                assertThat(claims.path(text).asText()).as(text).isNotEmpty();
            }
            assertThat(claims.get("role").asText()).isEqualTo("initiator");
            assertThat(claims.get("resource_name").asText()).isEqualTo("v4");
            assertThat(claims.get("exp").isIntegralNumber()).isTrue();
            assertThat(claims.get("exp").asLong()).isEqualTo(2145916800L);
            assertThat(claims.get("iat").isIntegralNumber()).isTrue();
            assertThat(claims.get("uploads_enabled").booleanValue()).isFalse();
            assertThat(claims.get("uploads_enabled").isBoolean()).isTrue();
        }
    }

    @Test
    void withoutAGatewayTheClientHearsOffline() throws Exception {
        try (var client = TestPeer.client(portal, Age.OCTOBER_2025, 2)) {
            client.join();
            request(client, Age.OCTOBER_2025, V4);
            var failed = client.expect("flow_creation_failed");
            assertThat(failed.get("reason").asText()).isEqualTo("offline");
            request(client, Age.OCTOBER_2025, "00000000-0000-4000-8000-000000000000");
            assertThat(client.expect("flow_creation_failed").get("reason").asText())
                    .isEqualTo("not_found");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/client/websocket, .cl.wrong, headless-client/1.5.4, 401",
        "/client/websocket, nonsense, headless-client/1.5.4, 401",
        "/client/websocket, .gw.gateway-secret, headless-client/1.5.4, 401",
        "/client/websocket, .cl.client-secret, curl/8.0, 422",
        "/client/v2/websocket, .cl.client-secret, curl/8.0, 400",
        "/relay/websocket, .rl.relay-secret, relay/0.1.0, 422",
    })
    void wrongUpgradesAreRefusedWithTheStatusPeersExpect(
            String path, String token, String agent, int status) {
        var e =
                catchException(
                        () ->
                                TestPeer.connect(
                                        portal,
                                        path,
                                        Age.OCTOBER_2025,
                                        token,
                                        agent,
                                        Map.of("external_id", "x", "public_key", TestPeer.key(9))));
        assertThat(TestPeer.refusedWith(e)).isEqualTo(status);
    }

    @Test
    void framesAreAnsweredAsPhoenixDoes() throws Exception {
        try (var client = TestPeer.client(portal, Age.OCTOBER_2025, 2)) {
            client.sendTo("phoenix", "heartbeat", client.object());
            var reply = client.next();
            assertThat(reply.get("ref").isInt()).isTrue();
            assertThat(reply.get("topic").asText()).isEqualTo("phoenix");
            assertThat(reply.at("/payload/response").isEmpty()).isTrue();
            client.send("create_flow", client.object());
            assertThat(client.expect("phx_reply").at("/response/reason").asText())
                    .isEqualTo("unmatched topic");
            client.join();
            client.send("make_coffee", client.object());
            assertThat(client.expect("phx_reply").at("/response/reason").asText())
                    .isEqualTo("unknown_message");
        }
    }

    @Test
    void theNewestConnectionOfADeviceWinsAndKeepsItsAddresses() throws Exception {
        try (var first = TestPeer.client(portal, Age.OCTOBER_2025, 2)) {
            var before = first.join();
            try (var second = TestPeer.client(portal, Age.AUGUST_2026, 2)) {
                first.awaitClose();
                assertThat(second.join().get("interface")).isEqualTo(before.get("interface"));
            }
        }
    }

    @Test
    void revokingTakesTheAccessAndGivesTheResourceAnew() throws Exception {
        try (var gateway = TestPeer.gateway(portal, Age.AUGUST_2026, 1);
                var client = TestPeer.client(portal, Age.AUGUST_2026, 2)) {
            gateway.join();
            client.join();
            authorize(client, gateway, Age.AUGUST_2026, V4);
            var list = portal.api("GET", "/api/v1/authorizations").get("authorizations");
            assertThat(list).hasSize(1);
            String id = list.at("/0/id").asText();
            assertThat(list.at("/0/resource").asText()).isEqualTo("v4");
            assertThat(portal.api("POST", "/api/v1/authorizations/" + id + "/revoke"))
                    .hasToString("{\"ok\":true}");
            assertThat(gateway.expect("reject_access").get("resource_id").asText()).isEqualTo(V4);
            assertThat(client.expect("resource_deleted").asText()).isEqualTo(V4);
            assertThat(client.expect("resource_created_or_updated").get("id").asText())
                    .isEqualTo(V4);
            authorize(client, gateway, Age.AUGUST_2026, V4);
        }
    }

    @Test
    void aBlockedClientLosesTheResourceUntilItIsUnblocked() throws Exception {
        try (var gateway = TestPeer.gateway(portal, Age.OCTOBER_2025, 1);
                var client = TestPeer.client(portal, Age.OCTOBER_2025, 2)) {
            gateway.join();
            client.join();
            authorize(client, gateway, Age.OCTOBER_2025, V4);
            var authorization = portal.api("GET", "/api/v1/authorizations").at("/authorizations/0");
            String id = authorization.get("id").asText();
            String clientId = authorization.get("client_id").asText();
            portal.api("POST", "/api/v1/authorizations/" + id + "/revoke?block=true");
            gateway.expect("reject_access");
            assertThat(client.expect("resource_deleted").asText()).isEqualTo(V4);
            request(client, Age.OCTOBER_2025, V4);
            client.expect("flow_creation_failed");
            portal.api("DELETE", "/api/v1/blocks/" + clientId + "/" + V4);
            client.expect("resource_created_or_updated");
            authorize(client, gateway, Age.OCTOBER_2025, V4);
        }
    }

    @Test
    void aChangedFileIsPushedAndABadOneIsNot() throws Exception {
        try (var gateway = TestPeer.gateway(portal, Age.OCTOBER_2025, 1);
                var client = TestPeer.client(portal, Age.OCTOBER_2025, 2)) {
            gateway.join();
            client.join();
            authorize(client, gateway, Age.OCTOBER_2025, V4);
            portal.rewrite(TestPortal.yaml().replace("slug: acme", "slog: acme"));
            portal.rewrite(
                    TestPortal.yaml()
                            .replace("172.20.0.0/24", "172.21.0.0/24")
                            .replace("ports: [80]", "ports: [443]"));
            assertThat(gateway.expect("reject_access").get("resource_id").asText()).isEqualTo(V4);
            assertThat(gateway.expect("resource_updated").at("/filters/0/port_range_start").asInt())
                    .isEqualTo(443);
            assertThat(client.expect("resource_deleted").asText()).isEqualTo(V4);
            assertThat(client.expect("resource_created_or_updated").get("address").asText())
                    .isEqualTo("172.21.0.0/24");
            client.expect("resource_created_or_updated");
            portal.rewrite(TestPortal.yaml().replaceAll("(?m)^ .*id: cl, .*$", ""));
            client.awaitClose();
        }
    }

    @Test
    void relaysComeAndGo() throws Exception {
        try (var gateway = TestPeer.gateway(portal, Age.AUGUST_2026, 1)) {
            assertThat(gateway.join().get("relays")).isEmpty();
            try (var _ = TestPeer.relay(portal, 3478)) {
                var presence = gateway.expect("relays_presence");
                assertThat(presence.get("disconnected_ids")).isEmpty();
                assertThat(presence.get("connected")).hasSize(2);
                gateway.send("no_relays", gateway.object());
                assertThat(gateway.expect("relays_presence").get("connected")).hasSize(2);
            }
            var gone = gateway.expect("relays_presence");
            assertThat(gone.get("disconnected_ids")).hasSize(1);
            assertThat(gone.get("connected")).isEmpty();
        }
    }

    @Test
    void authorizationsSurviveARestart() throws Exception {
        JsonNode before;
        try (var gateway = TestPeer.gateway(portal, Age.AUGUST_2026, 1);
                var client = TestPeer.client(portal, Age.AUGUST_2026, 2)) {
            gateway.join();
            client.join();
            before = authorize(client, gateway, Age.AUGUST_2026, V4);
        }
        portal.close();
        portal = TestPortal.restart(directory);
        try (var gateway = TestPeer.gateway(portal, Age.AUGUST_2026, 1);
                var client = TestPeer.client(portal, Age.AUGUST_2026, 2)) {
            var init = gateway.join();
            assertThat(init.at("/authorizations/0/resource_id").asText()).isEqualTo(V4);
            client.join();
            assertThat(authorize(client, gateway, Age.AUGUST_2026, V4).get("preshared_key"))
                    .isEqualTo(before.get("preshared_key"));
        }
        assertThat(Files.readString(directory.resolve("data/audit.jsonl")))
                .contains("access_granted", "\"actor\":\"alice\"", "\"policy_id\"")
                .doesNotContain(before.get("preshared_key").asText(), "secret");
    }

    @Test
    void theApiNeedsItsTokenAndTheProbesDoNot() throws Exception {
        assertThat(portal.apiStatus("GET", "/api/v1/connections", "guess")).isEqualTo(401);
        assertThat(portal.apiStatus("GET", "/api/v1/connections", TestPortal.API_TOKEN))
                .isEqualTo(200);
        assertThat(portal.get("/readyz").statusCode()).isEqualTo(200);
        assertThat(portal.get("/healthz").statusCode()).isEqualTo(200);
        assertThat(portal.get("/metrics").body()).contains("gatehouse_portal_connections");
    }

    @Test
    void aDisabledResourceLeavesTheListsAndComesBack() throws Exception {
        try (var client = TestPeer.client(portal, Age.AUGUST_2026, 2)) {
            client.join();
            portal.api("POST", "/api/v1/resources/v4/disable");
            assertThat(client.expect("resource_deleted").asText()).isEqualTo(V4);
            portal.api("POST", "/api/v1/resources/v4/enable");
            client.expect("resource_created_or_updated");
        }
    }
}
