package dev.gatehouse.portal.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.token.PeerSecrets;
import dev.gatehouse.portal.token.PeerSecrets.Party;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Plays what real peers of either age sent on a test network, and holds the answers against those
/// which they accepted: the same events in the same order, with at least the same fields.
class RecordedTrafficTest {
    private static final String CLIENT = "f3f05102-83c7-51f3-acc5-a2797c2c9fd0";
    private static final String GATEWAY = "8804e979-efb9-522f-bce7-d5e1c41d7ab3";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String YAML =
            TestDirectory.withTokens(
                            """
                    account: {slug: lab}
                    sites:
                      - {name: lab, id: c7d2e9f4-1a6b-4d38-8e5c-9b0a1f2e3d44}
                    actors: [{name: lab}]
                    groups: [{name: all, members: [lab]}]
                    tokens:
                      - {id: gw, type: gateway, site: lab, hash: "%s"}
                      - {id: rl, type: relay, hash: "%s"}
                      - {id: cl, type: client, actor: lab, hash: "%s"}
                    resources:
                      - {name: lab v4, id: ID1, type: cidr, address: 172.20.0.0/24, sites: [lab]}
                      - {name: lab v6, id: ID2, type: cidr, address: "fd20::/64", sites: [lab]}
                      - {name: lab name, id: ID3, type: dns, address: res.lab.example, sites: [lab]}
                      - name: filtered
                        id: ID4
                        type: dns
                        address: filtered.lab.example
                        sites: [lab]
                        filters: [{protocol: tcp, ports: [80]}]
                    policies:
                      - {group: all, resource: lab v4}
                      - {group: all, resource: lab v6}
                      - {group: all, resource: lab name}
                      - {group: all, resource: filtered}
                    """)
                    .replace("ID", "0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f0");

    private final Map<String, Long> sessions = new TreeMap<>();
    private HubDriver driver;
    private String ref = "";

    static Stream<Arguments> runs() {
        return Stream.of("gateway 1.4.17, client 1.5.4", "gateway 1.6.1, client 1.5.12")
                .flatMap(era -> Stream.of(arguments(era, "direct"), arguments(era, "symmetric")));
    }

    @ParameterizedTest
    @MethodSource("runs")
    void realPeersGetWhatTheyAccepted(String era, String net) throws Exception {
        driver = new HubDriver(TestDirectory.read(YAML));
        var lines = frames(era, net);
        for (var line : lines) {
            String from = line.get("from").asText();
            if (from.equals("portal")) {
                answer(line);
            } else {
                sessions.computeIfAbsent(from, role -> open(era, net, role));
                driver.raw(sessions.get(from), translated(line.get("frame")));
            }
        }
        assertThat(lines).isNotEmpty();
    }

    /// Both secrets that follow from the identities alone: those which real peers connected with.
    @ParameterizedTest
    @MethodSource("runs")
    void credentialsAreDerivedAsThoseThatRealPeersUsed(String era, String net) {
        var client = new Party(CLIENT, publicKey(era, net, "client"), "");
        var gateway = new Party(GATEWAY, publicKey(era, net, "gateway"), "");
        String stamp = "";
        int checked = 0;
        for (var line : frames(era, net)) {
            var payload = line.at("/frame/payload");
            stamp = payload.path("stamp_secret").asText(stamp);
            for (var relay : payload.path("relays")) {
                var key = publicKey(era, net, line.get("to").asText());
                var turn = PeerSecrets.turn(key, relay.get("expires_at").asLong(), stamp);
                assertThat(relay.get("username").asText()).isEqualTo(turn.username());
                assertThat(relay.get("password").asText()).isEqualTo(turn.password());
                checked++;
            }
            if (payload.has("client_ice_credentials")) {
                assertThat(ice(payload.get("client_ice_credentials")))
                        .isEqualTo(PeerSecrets.clientIce(client, gateway));
                assertThat(ice(payload.get("gateway_ice_credentials")))
                        .isEqualTo(PeerSecrets.gatewayIce(client, gateway));
                checked++;
            }
        }
        assertThat(checked).isEqualTo(4 + 6);
    }

    private static String publicKey(String era, String net, String role) {
        return upgrade(era, net, role).at("/query/public_key").asText();
    }

    private static PeerSecrets.IceCredentials ice(JsonNode credentials) {
        return new PeerSecrets.IceCredentials(
                credentials.get("username").asText(), credentials.get("password").asText());
    }

    private String translated(JsonNode frame) {
        String text = frame.toString();
        for (var role : List.of(Role.CLIENT, Role.GATEWAY)) {
            String ours = driver.deviceIds.getOrDefault(role, "");
            text = text.replace(role == Role.CLIENT ? CLIENT : GATEWAY, ours);
        }
        String recorded = frame.at("/payload/ref").asText("");
        return recorded.isEmpty() ? text : text.replace(recorded, ref);
    }

    private void answer(JsonNode line) {
        var expected = line.get("frame");
        long session = sessions.get(line.get("to").asText());
        if (expected.get("event").asText().equals("relays_presence")) {
            sessions.computeIfPresent("relay", (_, relay) -> gone(relay));
            driver.advance(Duration.ofSeconds(1));
        }
        var actual = driver.poll(session);
        assertThat(actual).as("an answer like %s", expected).isNotNull();
        assertThat(actual.get("event")).isEqualTo(expected.get("event"));
        assertThat(actual.get("topic")).isEqualTo(expected.get("topic"));
        assertThat(actual.get("ref")).isEqualTo(expected.get("ref"));
        assertHasFields(actual.get("payload"), expected.get("payload"), expected.toString());
        ref = actual.at("/payload/ref").asText(ref);
    }

    /// The relay's connection is not part of the recording, its end is.
    private Long gone(long relay) {
        driver.close(relay);
        return null;
    }

    private static void assertHasFields(JsonNode actual, JsonNode expected, String where) {
        assertThat(actual.getNodeType()).as(where).isIn(kinds(expected));
        if (expected.isObject()) {
            expected.properties()
                    .forEach(
                            field -> {
                                assertThat(actual.has(field.getKey()))
                                        .as("%s in %s", field.getKey(), where)
                                        .isTrue();
                                assertHasFields(
                                        actual.get(field.getKey()), field.getValue(), where);
                            });
        } else if (expected.isArray() && !expected.isEmpty()) {
            assertThat(actual.size()).as(where).isEqualTo(expected.size());
            for (int i = 0; i < expected.size(); i++) {
                assertHasFields(actual.get(i), expected.get(i), where);
            }
        }
    }

    /// Optional texts may be absent on either side.
    private static List<com.fasterxml.jackson.databind.node.JsonNodeType> kinds(JsonNode node) {
        var text = com.fasterxml.jackson.databind.node.JsonNodeType.STRING;
        var none = com.fasterxml.jackson.databind.node.JsonNodeType.NULL;
        boolean optional = node.isTextual() || node.isNull();
        return optional ? List.of(text, none) : List.of(node.getNodeType());
    }

    /// With our token where the real peer had its own: in the query, or in the header.
    private long open(String era, String net, String role) {
        var upgrade = upgrade(era, net, role);
        var query = new LinkedHashMap<String, String>();
        upgrade.get("query")
                .properties()
                .forEach(f -> query.put(f.getKey(), f.getValue().asText()));
        query.computeIfPresent("token", (_, _) -> token(role));
        String recorded = upgrade.at("/headers/x-authorization").asText();
        var endpoint = ChannelEndpoint.ofPath(upgrade.get("path").asText());
        return driver.open(
                endpoint.orElseThrow(),
                upgrade.at("/headers/User-Agent").asText(),
                recorded.replace("." + role, token(role)),
                query);
    }

    private static JsonNode upgrade(String era, String net, String role) {
        return read("upgrades.json").stream()
                .filter(u -> u.get("era").asText().equals(era))
                .filter(u -> u.get("net").asText().equals(net))
                .filter(u -> u.get("role").asText().equals(role))
                .findFirst()
                .orElseThrow();
    }

    private static String token(String role) {
        return switch (role) {
            case "gateway" -> HubDriver.GATEWAY_TOKEN;
            case "relay" -> HubDriver.RELAY_TOKEN;
            default -> HubDriver.CLIENT_TOKEN;
        };
    }

    private static List<JsonNode> frames(String era, String net) {
        return read("portal-frames.jsonl").stream()
                .filter(l -> l.get("era").asText().equals(era))
                .filter(l -> l.get("net").asText().equals(net))
                .toList();
    }

    private static List<JsonNode> read(String file) {
        String path = "/vectors/recorded/" + file;
        try (InputStream in = RecordedTrafficTest.class.getResourceAsStream(path)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            var nodes = new ArrayList<JsonNode>();
            JSON.readerFor(JsonNode.class).<JsonNode>readValues(text).forEachRemaining(nodes::add);
            return nodes;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
