package dev.gatehouse.portal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.hub.admission.Admission;
import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.token.PeerSecrets;
import dev.gatehouse.testkit.Mutator;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Signed-in peers may write what they like: the portal goes on serving the others.
class HubFuzzTest {
    private static final int ROUNDS = 4_000;
    private static final String V4 = PeerSecrets.namedId("resource", "v4");
    private static final String YAML =
            TestDirectory.withTokens(
                    """
                    account: {slug: acme}
                    sites: [{name: HQ}]
                    actors: [{name: alice}]
                    groups: [{name: all, members: [alice]}]
                    tokens:
                      - {id: gw, type: gateway, site: HQ, hash: "%s"}
                      - {id: rl, type: relay, hash: "%s"}
                      - {id: cl, type: client, actor: alice, hash: "%s"}
                    resources: [{name: v4, type: cidr, address: 10.1.0.0/24, sites: [HQ]}]
                    policies: [{group: all, resource: v4}]
                    """);

    private final Map<String, Long> sessions = new TreeMap<>();
    private HubDriver driver;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void damagedFramesDisturbNobodyElse(long seed) throws Exception {
        driver = new HubDriver(TestDirectory.read(YAML));
        var mutator = new Mutator(seed);
        for (int i = 0; i < ROUNDS; i++) {
            String role = mutator.choose(List.of("gateway", "client", "relay"));
            long session = sessions.computeIfAbsent(role, this::open);
            driver.raw(session, mutator.json(frame(role, mutator)));
            sessions.values().removeAll(driver.closed);
            if (i % 100 == 0) {
                driver.advance(Duration.ofSeconds(1));
            }
        }

        long gateway = driver.gateway(ChannelEndpoint.GATEWAY_V2, "1.6.1", 11);
        long client = driver.client(ChannelEndpoint.CLIENT_V2, "1.5.12", 12);
        sessions.computeIfPresent("gateway", (_, old) -> ended(old));
        driver.events(gateway);
        driver.request(client, "request_authorization", V4);
        var asked = driver.last(gateway);
        assertThat(asked).as("the request at the gateway").isNotNull();
        driver.consent(gateway, "authorization_created", asked.get("ref").asText());
        assertThat(driver.events(client))
                .anyMatch(e -> e.matches("authorization_created.*|flow_created"));
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6})
    void damagedUpgradesAreJudged(long seed) throws Exception {
        driver = new HubDriver(TestDirectory.read(YAML));
        var mutator = new Mutator(seed);
        var endpoints = List.of(ChannelEndpoint.values());
        int refused = 0;
        for (int i = 0; i < ROUNDS; i++) {
            var query = new TreeMap<String, String>();
            HubDriver.query(HubDriver.GATEWAY_TOKEN, "gw", 1)
                    .forEach((name, value) -> query.put(name, text(value, mutator)));
            query.put("ipv4", text("192.0.2.1", mutator));
            query.put("port", text("3478", mutator));
            var agent = text("Debian/12.0.0 gateway/1.4.17 (x86_64)", mutator);
            if (driver.ask(mutator.choose(endpoints), agent, query) instanceof Admission.Refused) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1, ROUNDS - 1);
    }

    private static String text(String genuine, Mutator mutator) {
        byte[] bytes = genuine.getBytes(StandardCharsets.UTF_8);
        return mutator.below(3) > 0
                ? genuine
                : new String(mutator.bytes(bytes), StandardCharsets.UTF_8);
    }

    private Long ended(long session) {
        driver.close(session);
        return null;
    }

    private long open(String role) {
        driver.advance(Duration.ofSeconds(1)); // who comes more often is told to wait
        return switch (role) {
            case "gateway" -> driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
            case "client" -> driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
            default -> driver.relay("192.0.2.1", "secret");
        };
    }

    private String frame(String role, Mutator mutator) {
        String id = driver.deviceIds.getOrDefault(Role.GATEWAY, "none");
        String client = driver.deviceIds.getOrDefault(Role.CLIENT, "none");
        var bodies =
                switch (role) {
                    case "gateway" ->
                            List.of(
                                    "flow_authorized\",\"payload\":{\"ref\":\"x\"}",
                                    "broadcast_ice_candidates\",\"payload\":{\"client_ids\":[\""
                                            + client
                                            + "\"],\"candidates\":[\"c\"]}",
                                    "no_relays\",\"payload\":{}");
                    case "client" ->
                            List.of(
                                    "create_flow\",\"payload\":{\"resource_id\":\""
                                            + V4
                                            + "\",\"connected_gateway_ids\":[\""
                                            + id
                                            + "\"]}",
                                    "broadcast_ice_candidates\",\"payload\":{\"gateway_ids\":[\""
                                            + id
                                            + "\"],\"candidates\":[\"c\"]}");
                    default -> List.of("phx_join\",\"payload\":{\"stamp_secret\":\"other\"}");
                };
        var all = new ArrayList<>(bodies);
        all.add("phx_join\",\"payload\":{}");
        all.add("phx_leave\",\"payload\":{}");
        all.add("heartbeat\",\"payload\":{}");
        return "{\"topic\":\"%s\",\"event\":\"%s,\"ref\":%d}"
                .formatted(role, mutator.choose(all), mutator.below(100));
    }
}
