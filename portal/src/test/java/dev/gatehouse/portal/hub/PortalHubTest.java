package dev.gatehouse.portal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.hub.admission.Admission;
import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.HubState;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.token.PeerSecrets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PortalHubTest {
    private static final String V4 = PeerSecrets.namedId("resource", "v4");
    private static final String YAML =
            TestDirectory.withTokens(
                    """
                    account: {slug: acme}
                    sites:
                      - name: HQ
                      - name: Branch
                    actors:
                      - name: alice
                    groups:
                      - {name: all, members: [alice]}
                    tokens:
                      - {id: gw, type: gateway, site: HQ, hash: "%s"}
                      - {id: rl, type: relay, hash: "%s"}
                      - {id: cl, type: client, actor: alice, hash: "%s", expires: 2026-11-30}
                    resources:
                      - {name: v4, type: cidr, address: 10.1.0.0/24, sites: [HQ]}
                    policies:
                      - {group: all, resource: v4}
                    """);

    private static final String TIMED_POLICY =
            "  - {group: all, resource: v4, conditions: [{property: current_utc_datetime,"
                    + " operator: is_in_day_of_week_time_ranges, values: [M/09-11/UTC]}]}";

    private final HubDriver driver = new HubDriver(TestDirectory.read(YAML));

    private void change(String from, String to) {
        assertThat(YAML).contains(from);
        driver.apply(TestDirectory.read(YAML.replace(from, to)));
    }

    /// A client of October 2025 that uses v4 through one gateway of its age.
    private record Pair(long gateway, long client) {}

    private Pair oldPair() {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
        driver.request(client, "create_flow", V4);
        String ref = driver.last(gateway).get("ref").asText();
        driver.consent(gateway, "flow_authorized", ref);
        assertThat(driver.events(client)).endsWith("flow_created");
        driver.events(gateway);
        return new Pair(gateway, client);
    }

    @Test
    void anUnansweredRequestEndsOfflineAfter15Seconds() {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY_V2, "1.6.1", 1);
        long client = driver.client(ChannelEndpoint.CLIENT_V2, "1.5.12", 2);
        driver.request(client, "request_authorization", V4);
        String ref = driver.last(gateway).get("ref").asText();
        driver.advance(Duration.ofSeconds(14));
        driver.request(client, "request_authorization", V4);
        assertThat(driver.last(gateway).get("ref").asText()).isEqualTo(ref);
        driver.events(client);
        driver.advance(Duration.ofSeconds(1));
        assertThat(driver.last(client).get("reason").asText()).isEqualTo("offline");
        assertThat(driver.events(gateway)).containsExactly("reject_access");
        driver.consent(gateway, "authorization_created", ref);
        assertThat(driver.last(gateway).at("/response/reason").asText()).isEqualTo("invalid_ref");
        assertThat(driver.hub().authorizations()).isEmpty();
    }

    /// Whoever has a client token may ask for anything, and the trail is kept.
    @Test
    void anUnknownResourceOfAnyLengthIsOneShortLineOfTheAuditTrail() {
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
        driver.request(client, "create_flow", "x".repeat(10_000));

        assertThat(driver.audit.getLast().kind()).isEqualTo(AuditEvent.Kind.ACCESS_DENIED);
        assertThat(driver.audit.getLast().resourceId()).isEqualTo("x".repeat(64) + "...");
    }

    @Test
    void anotherGatewaysRefIsInvalid() {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
        driver.request(client, "create_flow", V4);
        String ref = driver.last(gateway).get("ref").asText();
        long thief = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 3);
        driver.consent(thief, "flow_authorized", ref);
        assertThat(driver.last(thief).at("/response/reason").asText()).isEqualTo("invalid_ref");
        assertThat(driver.events(client)).doesNotContain("flow_created");
    }

    @ParameterizedTest
    @CsvSource({"GATEWAY, 37", "GATEWAY_V2, 37", "CLIENT, 307", "CLIENT_V2, 37", "RELAY, 41"})
    void aSilentPeerIsDroppedAfterItsIdleTimeout(ChannelEndpoint endpoint, int seconds) {
        long peer =
                switch (endpoint.role()) {
                    case GATEWAY -> driver.gateway(endpoint, "1.4.17", 1);
                    case CLIENT -> driver.client(endpoint, "1.5.4", 2);
                    case RELAY -> driver.relay("192.0.2.1", "s");
                };
        driver.advance(Duration.ofSeconds(seconds - 1));
        assertThat(driver.closed).isEmpty();
        driver.advance(Duration.ofSeconds(2));
        assertThat(driver.closed).containsExactly(peer);
    }

    @Test
    void theTokensExpiryEndsTheSessionAndBoundsTheAccess() {
        var pair = oldPair();
        long expiry = TestDirectory.read(YAML).token("cl").orElseThrow().expiresAt();
        assertThat(driver.hub().authorizations().getFirst().expiresAt()).isEqualTo(expiry);
        var left = Duration.between(HubDriver.START, java.time.Instant.ofEpochSecond(expiry));
        while (left.isPositive()) {
            driver.text(pair.client(), "phoenix", "heartbeat", null);
            driver.advance(Duration.ofSeconds(300));
            left = left.minusSeconds(300);
        }
        driver.advance(Duration.ofSeconds(2));
        assertThat(driver.closed).contains(pair.client());
        assertThat(driver.hub().authorizations()).isEmpty();
        assertThat(
                        driver.ask(
                                ChannelEndpoint.CLIENT,
                                "headless-client/1.5.4",
                                HubDriver.query(HubDriver.CLIENT_TOKEN, "cl2", 2)))
                .isInstanceOfSatisfying(
                        Admission.Refused.class, r -> assertThat(r.status()).isEqualTo(401));
    }

    @Test
    void aRemovedTokenEndsNewPeersWithADisconnect() {
        long client = driver.client(ChannelEndpoint.CLIENT_V2, "1.5.12", 2);
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        driver.events(client);
        driver.events(gateway);
        change("id: cl,", "id: other,");
        assertThat(driver.last(client).get("reason").asText()).isEqualTo("token_expired");
        assertThat(driver.closed).containsExactly(client);
        change("id: gw,", "id: other,");
        assertThat(driver.events(gateway)).isEmpty();
        assertThat(driver.closed).contains(gateway);
    }

    @Test
    void aChangedAddressIsRejectedThenDeletedThenCreated() {
        var pair = oldPair();
        change("10.1.0.0/24", "10.2.0.0/24");
        assertThat(driver.events(pair.gateway())).containsExactly("reject_access");
        assertThat(driver.events(pair.client()))
                .containsExactly("resource_deleted", "resource_created_or_updated");
    }

    @Test
    void changedFiltersGoToGatewaysAndClientsWithoutRejection() {
        var pair = oldPair();
        change("sites: [HQ]}\npolicies", "sites: [HQ], filters: [{protocol: icmp}]}\npolicies");
        assertThat(driver.events(pair.gateway())).containsExactly("resource_updated");
        assertThat(driver.events(pair.client())).containsExactly("resource_created_or_updated");
        assertThat(driver.hub().authorizations()).hasSize(1);
    }

    /// portal-channel.md 7.8, and 9.4 for the two lists of servers: newer clients read no ports.
    @Test
    void changedServersAreToldToClientsAndAChangedSlugToGateways() {
        var pair = oldPair();
        change(
                "{slug: acme}",
                "{slug: acme2, upstream_dns: [9.9.9.9, \"192.0.2.53:5353\"], search_domain: a.b}");

        assertThat(driver.last(pair.gateway).get("account_slug").asText()).isEqualTo("acme2");
        var frame = driver.poll(pair.client);
        assertThat(frame.get("event").asText()).isEqualTo("config_changed");
        var tunnel = frame.at("/payload/interface");
        assertThat(tunnel.get("upstream_dns"))
                .hasToString(
                        "[{\"protocol\":\"ip_port\",\"address\":\"9.9.9.9:53\"},"
                                + "{\"protocol\":\"ip_port\",\"address\":\"192.0.2.53:5353\"}]");
        assertThat(tunnel.get("upstream_do53")).hasToString("[{\"ip\":\"9.9.9.9\"}]");
        assertThat(tunnel.get("search_domain").asText()).isEqualTo("a.b");
        assertThat(tunnel.get("ipv4").asText()).startsWith("100.");
        assertThat(driver.poll(pair.client)).isNull();
    }

    /// portal-channel.md 9.1: names of events follow the path of each peer, not the other's.
    @ParameterizedTest
    @CsvSource({
        "CLIENT 1.5.4, GATEWAY_V2 1.6.1, create_flow, create_authorization, flow_created",
        "CLIENT_V2 1.5.12, GATEWAY 1.4.17, request_authorization, authorize_flow,"
                + " authorization_created",
        "CLIENT 1.5.8, GATEWAY 1.5.2, create_flow, authorize_flow, flow_created"
    })
    void peersOfDifferentAgesMeet(
            String clientAt, String gatewayAt, String request, String authorize, String created) {
        String[] ofGateway = gatewayAt.split(" ");
        String[] ofClient = clientAt.split(" ");
        var path = ChannelEndpoint.valueOf(ofGateway[0]);
        long gateway = driver.gateway(path, ofGateway[1], 1);
        long client = driver.client(ChannelEndpoint.valueOf(ofClient[0]), ofClient[1], 2);
        assertThat(driver.events(gateway)).containsExactly("phx_reply", "init");
        assertThat(driver.events(client)).containsExactly("phx_reply", "init");
        driver.request(client, request, V4);

        var asked = driver.poll(gateway);

        assertThat(asked.get("event").asText()).isEqualTo(authorize);
        driver.consent(gateway, path.authorizedEvent(), asked.at("/payload/ref").asText());
        var told = driver.poll(client);
        assertThat(told.get("event").asText()).isEqualTo(created);
        for (var payload : List.of(asked.get("payload"), told.get("payload"))) {
            assertThat(payload.get("flow_logs_ingest_token").asText()).contains(".");
            assertThat(payload.get("use_iceless").asBoolean(true)).isFalse();
        }
    }

    @Test
    void anAddedSiteDeletesAndCreatesAtTheClientAndARemovedOneRejects() {
        var pair = oldPair();
        change("sites: [HQ]}\npolicies", "sites: [HQ, Branch]}\npolicies");
        assertThat(driver.events(pair.gateway())).isEmpty();
        assertThat(driver.events(pair.client()))
                .containsExactly("resource_deleted", "resource_created_or_updated");
        change("sites: [HQ]}\npolicies", "sites: [Branch]}\npolicies");
        assertThat(driver.events(pair.gateway())).containsExactly("reject_access");
        assertThat(driver.events(pair.client()))
                .containsExactly("resource_deleted", "resource_created_or_updated");
    }

    @Test
    void aLostPolicyTakesAccessAndResourceAndAnotherOneKeepsBoth() {
        var pair = oldPair();
        change(
                "  - {group: all, resource: v4}",
                "  - {group: all, resource: v4, enabled: false}\n  - {group: all, resource: v4}");
        assertThat(driver.events(pair.gateway())).isEmpty();
        assertThat(driver.events(pair.client())).isEmpty();
        change("members: [alice]", "members: []");
        assertThat(driver.events(pair.gateway())).containsExactly("reject_access");
        assertThat(driver.events(pair.client())).containsExactly("resource_deleted");
    }

    @Test
    void aShorterExpiryIsToldToOldGateways() {
        var pair = oldPair();
        change("  - {group: all, resource: v4}", TIMED_POLICY);
        assertThat(driver.last(pair.gateway()).get("expires_at").asLong())
                .isEqualTo(HubDriver.START.getEpochSecond() + 3600);
        assertThat(driver.events(pair.client())).isEmpty();
    }

    @Test
    void aShorterExpiryIsRejectedAtNewGateways() {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY_V2, "1.6.1", 1);
        long client = driver.client(ChannelEndpoint.CLIENT_V2, "1.5.12", 2);
        driver.request(client, "request_authorization", V4);
        driver.consent(gateway, "authorization_created", driver.last(gateway).get("ref").asText());
        driver.events(client);
        driver.events(gateway);
        change("  - {group: all, resource: v4}", TIMED_POLICY);
        assertThat(driver.events(gateway)).containsExactly("reject_access");
        assertThat(driver.events(client))
                .containsExactly("resource_deleted", "resource_created_or_updated");
    }

    @Test
    void aTimeConditionEndsAtTheNextTick() {
        change("  - {group: all, resource: v4}", TIMED_POLICY.replace("-11", "-10:01:30"));
        var pair = oldPair();
        driver.advance(Duration.ofSeconds(119));
        assertThat(driver.events(pair.client())).isEmpty();
        driver.advance(Duration.ofSeconds(62));
        assertThat(driver.events(pair.client())).containsExactly("resource_deleted");
        assertThat(driver.hub().authorizations()).isEmpty();
    }

    @Test
    void whatWasRejectedInAbsenceIsGivenAnewAfterTheInit() {
        var pair = oldPair();
        driver.close(pair.client());
        String id = driver.hub().authorizations().getFirst().id();
        driver.hub().revoke(id, false, driver.nowNs());
        driver.drain();
        assertThat(driver.events(pair.gateway())).containsExactly("reject_access");
        long again = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
        assertThat(driver.events(again))
                .containsExactly(
                        "phx_reply", "init", "resource_deleted", "resource_created_or_updated");
    }

    @Test
    void whatWasRejectedInTheGatewaysAbsenceIsRejectedAfterItsInit() {
        var pair = oldPair();
        driver.close(pair.gateway());
        change("members: [alice]", "members: []");
        long again = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        assertThat(driver.events(again)).containsExactly("phx_reply", "init", "reject_access");
        driver.close(again);
        long third = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        assertThat(driver.events(third)).containsExactly("phx_reply", "init");
    }

    @ParameterizedTest
    @CsvSource({
        "members: [alice], members: [alice], 1",
        "members: [alice], members: [], 0",
        "'id: cl,', 'id: other,', 0",
        "10.1.0.0/24, 10.2.0.0/24, 0",
        "expires: 2026-11-30, expires: 2026-11-29, 0",
    })
    void aStartJudgesWhatWasStoredByTheFileOfTheDay(String from, String to, int left) {
        oldPair();
        var stored =
                new HubState(
                        TestDirectory.read(YAML.replace(from, to)),
                        driver.hub().devices(),
                        driver.hub().authorizations(),
                        List.of(),
                        List.of());
        var next = new HubDriver(stored);
        long gateway = next.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        assertThat(next.poll(gateway).get("event").asText()).isEqualTo("phx_reply");
        assertThat(next.poll(gateway).at("/payload/authorizations")).hasSize(left);
        assertThat(next.events(gateway)).hasSize(1 - left);
        assertThat(next.hub().authorizations()).hasSize(left);
    }

    @Test
    void aRenewedAuthorizationKeepsTheSecretsAndUpdatesTheExpiryOfOldGateways() {
        var pair = oldPair();
        change("expires: 2026-11-30", "expires: 2026-12-31");
        assertThat(driver.closed).containsExactly(pair.client());
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
        driver.events(client);
        driver.request(client, "create_flow", V4);
        assertThat(driver.events(pair.gateway()))
                .containsExactly("authorize_flow", "access_authorization_expiry_updated");
        assertThat(driver.hub().authorizations()).hasSize(1);
    }

    @Test
    void aBoundResourceStaysOnItsGatewayAndMovesOnlyThroughADeletion() {
        var pair = oldPair();
        String bound = driver.deviceIds.get(Role.GATEWAY);
        long other = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 3);
        String otherId = driver.deviceIds.get(Role.GATEWAY);
        driver.events(other);
        for (int i = 0; i < 10; i++) {
            driver.request(pair.client(), "create_flow", V4, bound, otherId);
            driver.advance(Duration.ofSeconds(16));
            driver.text(pair.gateway(), "phoenix", "heartbeat", null);
            driver.text(other, "phoenix", "heartbeat", null);
        }
        assertThat(driver.events(other)).doesNotContain("authorize_flow");
        driver.close(pair.gateway());
        driver.events(pair.client());
        driver.request(pair.client(), "create_flow", V4, bound, otherId);
        assertThat(driver.events(pair.client()))
                .containsExactly("resource_deleted", "resource_created_or_updated");
        driver.request(pair.client(), "create_flow", V4, bound, otherId);
        assertThat(driver.events(other)).contains("authorize_flow");
    }

    @Test
    void relayPresenceWaitsASecondAndForgivesAShortAbsence() {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY_V2, "1.6.1", 1);
        driver.events(gateway);
        long first = driver.relay("192.0.2.1", "one");
        driver.advance(Duration.ofMillis(999));
        assertThat(driver.events(gateway)).isEmpty();
        driver.advance(Duration.ofMillis(1));
        assertThat(driver.events(gateway)).containsExactly("relays_presence");
        driver.close(first);
        driver.relay("192.0.2.1", "one");
        driver.advance(Duration.ofSeconds(2));
        assertThat(driver.events(gateway)).isEmpty();
        driver.relay("192.0.2.2", "two");
        driver.relay("192.0.2.3", "three");
        driver.advance(Duration.ofSeconds(2));
        assertThat(driver.last(gateway).get("connected")).hasSize(2);
        driver.relay("192.0.2.4", "four");
        driver.advance(Duration.ofSeconds(2));
        assertThat(driver.events(gateway)).isEmpty();
    }

    @Test
    void aRestartedRelayReplacesItself() {
        long before = driver.relay("192.0.2.1", "one");
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        driver.events(gateway);
        driver.relay("192.0.2.1", "two");
        assertThat(driver.closed).containsExactly(before);
        driver.advance(Duration.ofSeconds(1));
        var presence = driver.last(gateway);
        assertThat(presence.at("/disconnected_ids/0").asText())
                .isEqualTo(PeerSecrets.relayId("one"));
        assertThat(presence.at("/connected/0/id").asText()).isEqualTo(PeerSecrets.relayId("two"));
    }

    @Test
    void candidatesReachOnlyPeersWithAnAuthorization() {
        var pair = oldPair();
        long stranger = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 4);
        String strangerId = driver.deviceIds.get(Role.CLIENT);
        driver.events(stranger);
        var payload = com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode();
        payload.putArray("client_ids").add(strangerId);
        payload.putArray("candidates").add("candidate:1");
        driver.text(pair.gateway(), "gateway", "broadcast_ice_candidates", payload);
        assertThat(driver.events(stranger)).isEmpty();
    }

    @Test
    void verificationGatesAndIsLostWithTheHardware() {
        change(
                "  - {group: all, resource: v4}",
                "  - {group: all, resource: v4, conditions:"
                        + " [{property: client_verified, operator: is, values: [\"true\"]}]}");
        var query = HubDriver.query(HubDriver.CLIENT_TOKEN, "laptop", 2);
        query.put("device_serial", "S1");
        String agent = "Debian/12.0.0 headless-client/1.5.4 (x86_64)";
        long client = driver.open(ChannelEndpoint.CLIENT, agent, query);
        driver.text(client, "client", "phx_join", null);
        assertThat(driver.last(client).get("resources")).isEmpty();
        driver.hub().verify(driver.deviceIds.get(Role.CLIENT), true, driver.nowNs());
        driver.drain();
        assertThat(driver.events(client)).containsExactly("resource_created_or_updated");
        query.put("device_serial", "S2");
        long moved = driver.open(ChannelEndpoint.CLIENT, agent, query);
        driver.text(moved, "client", "phx_join", null);
        assertThat(driver.last(moved).get("resources")).isEmpty();
    }

    @Test
    void aPublicKeyOfAnotherDeviceIsRefused() {
        driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        assertThat(
                        driver.ask(
                                ChannelEndpoint.GATEWAY,
                                "gateway/1.4.17",
                                HubDriver.query(HubDriver.GATEWAY_TOKEN, "copy", 1)))
                .isInstanceOfSatisfying(
                        Admission.Refused.class, r -> assertThat(r.status()).isEqualTo(422));
    }

    @ParameterizedTest
    @EnumSource(
            value = ChannelEndpoint.class,
            names = {"GATEWAY", "GATEWAY_V2"})
    void theOtherPathsAnswerIsUnknown(ChannelEndpoint endpoint) {
        long gateway = driver.gateway(endpoint, "1.6.1", 1);
        driver.consent(
                gateway, endpoint.isV2() ? "flow_authorized" : "authorization_created", "ref");
        assertThat(driver.last(gateway).at("/response/reason").asText())
                .isEqualTo("unknown_message");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"{", "[]", "{\"topic\":\"client\",\"event\":\"x\",\"ref\":1}", "7"})
    void aFrameThatIsNoneClosesTheSocket(String text) {
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
        driver.raw(client, text);
        assertThat(driver.closed).containsExactly(client);
    }

    @Test
    void aSecondJoinEndsTheFirstChannelAndBeginsAnother() {
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
        assertThat(driver.events(client)).containsExactly("phx_reply", "init");
        driver.text(client, "client", "phx_join", null);
        var close = driver.poll(client);
        assertThat(close.get("event").asText()).isEqualTo("phx_close");
        assertThat(close.get("payload")).isEmpty();
        assertThat(driver.events(client)).containsExactly("phx_reply", "init");
    }

    @ParameterizedTest
    @CsvSource({"CLIENT, 1.5.4, offline", "CLIENT_V2, 1.5.12, version_mismatch"})
    void onlyIncompatibleGatewaysAreToldApartByNewPeers(
            ChannelEndpoint endpoint, String version, String reason) {
        driver.gateway(ChannelEndpoint.GATEWAY, "1.3.9", 1);
        long client = driver.client(endpoint, version, 2);
        driver.request(client, endpoint.isV2() ? "request_authorization" : "create_flow", V4);
        assertThat(driver.last(client).get("reason").asText()).isEqualTo(reason);
    }

    @ParameterizedTest
    @CsvSource({
        "Debian/12.0.0 headless-client/1.5.4 (x86_64; 6.1), Debian, 12.0.0",
        "Alpine Linux/3.20.3 headless-client/1.5.4, Alpine Linux, 3.20.3",
        "headless-client/1.5.4, , ",
    })
    void gatewaysAreToldTheClientsSystem(String agent, String name, String version) {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        var query = HubDriver.query(HubDriver.CLIENT_TOKEN, "laptop", 2);
        long client = driver.open(ChannelEndpoint.CLIENT, agent, query);
        driver.text(client, "client", "phx_join", null);
        driver.request(client, "create_flow", V4);
        var told = driver.last(gateway).get("client");
        assertThat(told.get("device_os_name").textValue()).isEqualTo(name);
        assertThat(told.get("device_os_version").textValue()).isEqualTo(version);
        assertThat(told.get("version").asText()).isEqualTo("headless-client/1.5.4");
    }

    @Test
    void aRelayWithoutSecretCannotJoin() {
        long relay =
                driver.open(
                        ChannelEndpoint.RELAY,
                        "relay/0.1.0",
                        Map.of("token", HubDriver.RELAY_TOKEN, "ipv4", "192.0.2.1"));
        driver.text(relay, "relay", "phx_join", null);
        assertThat(driver.last(relay).at("/response/reason").asText()).isEqualTo("join crashed");
    }
}
