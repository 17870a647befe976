package dev.gatehouse.portal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.portal.hub.admission.Admission;
import dev.gatehouse.portal.hub.authorization.CandidateDesk;
import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Role;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What one signed-in peer sends is paid by that peer.
class HostilePeersTest {
    private static final int RESOURCES = 3;

    private final HubDriver driver = new HubDriver(TestDirectory.of(RESOURCES));

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static JsonNode candidates(String idsField, List<String> ids, List<String> lines) {
        var payload = object();
        ids.forEach(payload.putArray(idsField)::add);
        lines.forEach(payload.putArray("candidates")::add);
        return payload;
    }

    private static List<String> lines(int count) {
        return IntStream.range(0, count)
                .mapToObj("candidate:%d 1 udp 2130706175 192.0.2.1 5000 typ host"::formatted)
                .toList();
    }

    private long client(int key) {
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", key);
        driver.events(client);
        return client;
    }

    /// A gateway with which the client has a flow.
    private long gatewayOf(long client) {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        driver.request(client, "create_flow", TestDirectory.resource(0));
        driver.consent(gateway, "flow_authorized", driver.last(gateway).get("ref").asText());
        driver.events(gateway);
        driver.events(client);
        return gateway;
    }

    /// Offers as much as the portal reads, for that time.
    private void flood(long session, String event, JsonNode payload, Duration time) {
        long end = driver.nowNs() + time.toNanos();
        while (driver.nowNs() < end && !driver.closed.contains(session)) {
            for (int i = 0; i < 100; i++) {
                driver.offer(
                        session, event.equals("heartbeat") ? "phoenix" : "client", event, payload);
            }
            driver.serve();
            driver.events(session);
            driver.advance(Duration.ofMillis(5));
        }
    }

    @Test
    void anHonestPeerIsNextHoweverMuchAnotherHasSent() {
        long hostile = client(2);
        long honest = client(3);
        boolean read = true;
        int offered = 0;
        while (read) {
            read = driver.offer(hostile, "client", "create_flow", object().put("resource_id", "x"));
            offered++;
        }
        driver.offer(honest, "phoenix", "heartbeat", object());

        driver.serveOne();
        driver.serveOne();

        assertThat(driver.events(honest)).containsExactly("phx_reply");
        assertThat(driver.events(hostile)).hasSize(1);
        assertThat(offered).as("until it is read no more").isEqualTo(256);
        assertThat(driver.resumed).isEmpty();
        driver.serve();
        assertThat(driver.resumed).containsExactly(hostile);
        assertThat(driver.met(Limit.INBOX)).isOne();
    }

    @ParameterizedTest
    @CsvSource({"create_flow", "phx_leave", "heartbeat", "no_relays", "made_up"})
    void aFloodIsSlowedDownAndThenCutOff(String event) {
        long client = client(2);

        flood(client, event, object().put("resource_id", "x"), Duration.ofSeconds(60));

        assertThat(driver.closed).containsExactly(client);
        assertThat(driver.met(Limit.THROTTLED)).isOne();
        assertThat(driver.met(Limit.FLOOD)).isOne();
        assertThat(driver.audit).extracting(AuditEvent::kind).contains(AuditEvent.Kind.FLOOD);
        assertThat(driver.audit).hasSizeLessThan(10);
        var query = HubDriver.query(HubDriver.CLIENT_TOKEN, "cl2", 2);
        String agent = "Debian/12.0.0 headless-client/1.5.4 (x86_64)";
        assertThat(driver.ask(ChannelEndpoint.CLIENT, agent, query))
                .isInstanceOfSatisfying(
                        Admission.Refused.class, r -> assertThat(r.status()).isEqualTo(503));
        driver.advance(Duration.ofSeconds(31));
        assertThat(driver.ask(ChannelEndpoint.CLIENT, agent, query))
                .isInstanceOf(Admission.Accepted.class);
    }

    @Test
    void whoConnectsAgainHasNoMoreThanItHadLeft() {
        long client = client(2);
        flood(client, "made_up", object(), Duration.ofSeconds(3));
        assertThat(driver.met(Limit.THROTTLED)).isOne();
        driver.close(client);

        long again = client(2);
        driver.offer(again, "phoenix", "heartbeat", object());
        driver.serve();

        assertThat(driver.events(again)).isEmpty();
    }

    @Test
    void oneGatewayNamedAThousandTimesIsToldOnceAndTheSenderHearsIt() {
        long client = client(2);
        long gateway = gatewayOf(client);
        String id = driver.deviceIds.get(Role.GATEWAY);

        driver.text(
                client,
                "client",
                "broadcast_ice_candidates",
                candidates("gateway_ids", Collections.nCopies(1_000, id), lines(300)));

        var told = driver.last(gateway);
        assertThat(told.get("candidates")).hasSize(CandidateDesk.CANDIDATES_MAX);
        assertThat(driver.last(client).at("/response/reason").asText())
                .isEqualTo("too_many_candidates");
        assertThat(driver.met(Limit.CANDIDATES)).isOne();
    }

    @Test
    void candidatesOfRealPeersMeetNoLimit() {
        long client = client(2);
        long gateway = gatewayOf(client);
        String id = driver.deviceIds.get(Role.GATEWAY);

        for (int i = 0; i < 100; i++) {
            driver.text(
                    client,
                    "client",
                    "broadcast_ice_candidates",
                    candidates("gateway_ids", List.of(id), lines(100)));
        }

        assertThat(driver.events(gateway)).hasSize(100);
        assertThat(driver.events(client)).isEmpty();
    }

    @Test
    void longLinesAndManyReceiversAreLeftOut() {
        long client = client(2);
        long gateway = gatewayOf(client);
        var ids =
                IntStream.range(0, 100)
                        .mapToObj(i -> i == 0 ? driver.deviceIds.get(Role.GATEWAY) : "made-up" + i)
                        .toList();

        driver.text(
                client,
                "client",
                "broadcast_invalidated_ice_candidates",
                candidates("gateway_ids", ids, List.of("x".repeat(513), "y")));

        assertThat(driver.last(gateway).get("candidates")).hasSize(1);
        assertThat(driver.events(client)).containsExactly("phx_reply");
    }

    @Test
    void whoJoinsAgainAndAgainIsCutOff() {
        long client = client(2);

        for (int i = 0; i < 100; i++) {
            driver.text(client, "client", "phx_join", null);
        }

        assertThat(driver.closed).containsExactly(client);
        assertThat(driver.events(client)).hasSizeLessThan(70);
        assertThat(driver.met(Limit.JOINS)).isOne();
    }

    @Test
    void aRelayThatChangesItsSecretAgainAndAgainIsCutOff() {
        long relay = driver.relay("192.0.2.1", "s");
        long client = client(2);

        for (int i = 0; i < 100; i++) {
            driver.text(relay, "relay", "phx_join", object().put("stamp_secret", "s" + i));
        }
        driver.advance(Duration.ofSeconds(3));

        assertThat(driver.closed).containsExactly(relay);
        assertThat(driver.events(client)).containsExactly("relays_presence");
    }

    @Test
    void relaysAreToldAgainSeldom() {
        long client = client(2);

        for (int i = 0; i < 100; i++) {
            driver.text(client, "client", "no_relays", object());
        }

        assertThat(driver.events(client)).hasSize(20).containsOnly("relays_presence");
        assertThat(driver.met(Limit.NO_RELAYS)).isEqualTo(80);
    }

    @ParameterizedTest
    @CsvSource({
        "MESSAGE_LENGTH, x, 200000",
        "MALFORMED, '[', 1000",
        "MALFORMED, '[],', 30000",
        "MALFORMED, 9, 1000"
    })
    void framesThatAreDearToReadEndTheSession(Limit limit, String part, int times) {
        long client = client(2);
        String body = part.repeat(times);

        driver.raw(
                client,
                "{\"topic\":\"client\",\"event\":\"x\",\"ref\":1,\"payload\":%s}"
                        .formatted(
                                part.equals("x")
                                        ? "\"" + body + "\""
                                        : part.equals("[],") ? "[" + body + "1]" : body));

        assertThat(driver.closed).containsExactly(client);
        assertThat(driver.met(limit)).isOne();
    }

    @Test
    void aLongRefIsNotEchoed() {
        long client = client(2);

        driver.raw(
                client,
                "{\"topic\":\"phoenix\",\"event\":\"heartbeat\",\"payload\":{},\"ref\":\"%s\"}"
                        .formatted("r".repeat(10_000)));

        assertThat(driver.poll(client).toString()).hasSizeLessThan(200);
    }

    @Test
    void whoDoesNotReadIsNotServedUntilItReads() {
        long client = client(2);
        driver.hub().handleReading(client, false, driver.nowNs());
        driver.offer(client, "phoenix", "heartbeat", object());
        driver.serve();
        assertThat(driver.events(client)).isEmpty();

        driver.hub().handleReading(client, true, driver.nowNs());
        driver.serve();

        assertThat(driver.events(client)).containsExactly("phx_reply");
        assertThat(driver.met(Limit.ANSWERS_UNREAD)).isOne();
    }

    @Test
    void nothingIsGrantedWhileTheStoreIsBehind() {
        long client = client(2);
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        driver.events(gateway);
        driver.hub().handleStore(true);

        driver.request(client, "create_flow", TestDirectory.resource(0));

        assertThat(driver.events(gateway)).isEmpty();
        assertThat(driver.met(Limit.STORE_BEHIND)).isOne();
        driver.hub().handleStore(false);
        driver.request(client, "create_flow", TestDirectory.resource(0));
        assertThat(driver.events(gateway)).containsExactly("authorize_flow");
    }

    @Test
    void lastWordsOfAPeerAreHeard() {
        long client = client(2);
        long gateway = gatewayOf(client);
        String id = driver.deviceIds.get(Role.CLIENT);
        driver.offer(
                gateway,
                "gateway",
                "broadcast_invalidated_ice_candidates",
                candidates("client_ids", List.of(id), lines(1)));

        driver.close(gateway);

        assertThat(driver.events(client)).containsExactly("invalidate_ice_candidates");
    }

    @Test
    void theMinutesTickLooksAtAFewClientsAtATime() {
        for (int i = 0; i < 100; i++) {
            client(2 + i);
        }
        driver.advance(Duration.ofSeconds(59));
        long slices = 0;
        long end = driver.nowNs() + Duration.ofSeconds(1).toNanos() + 200_000_000L;
        for (long at = driver.hub().pollTimeout(); at < end; at = driver.hub().pollTimeout()) {
            driver.advance(Duration.ofNanos(at - driver.nowNs()));
            slices++;
        }

        assertThat(slices).isBetween(10L, 20L);
    }
}
