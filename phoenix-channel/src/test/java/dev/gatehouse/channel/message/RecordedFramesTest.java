package dev.gatehouse.channel.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.frame.Frame;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.message.part.Candidates;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecordedFramesTest {
    private static final Set<String> FRAMING =
            Set.of(Frame.JOIN, Frame.REPLY, Frame.HEARTBEAT, Frame.CLOSE);

    private static final Set<String> NOT_READ =
            Set.of(
                    "flow_logs",
                    "use_iceless",
                    "subject",
                    "version",
                    "device_os_name",
                    "device_os_version");

    record Recorded(String era, String net, double t, String from, String to, JsonNode frame) {
        ApiVersion version() {
            return era.startsWith("gateway 1.4") ? ApiVersion.V1 : ApiVersion.V2;
        }

        @Override
        public String toString() {
            return "%s to %s at %s: %s".formatted(from, to, t, frame.path("event").asText());
        }
    }

    static Stream<Recorded> frames() throws IOException {
        var stream =
                RecordedFramesTest.class.getResourceAsStream(
                        "/vectors/recorded/portal-frames.jsonl");
        try (var in = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            var lines = in.lines().toList();
            assertThat(lines).hasSize(208);
            return lines.stream().map(RecordedFramesTest::recorded);
        }
    }

    @ParameterizedTest
    @MethodSource("frames")
    void decodesAndEncodesToTheSame(Recorded recorded) throws IOException {
        var frame = (Frame) Frame.decode(recorded.frame().toString());

        assertThat(Json.MAPPER.readTree(frame.encode())).isEqualTo(recorded.frame());
        if (!FRAMING.contains(frame.event())) {
            assertPayloadSurvives(recorded, frame);
        }
    }

    @ParameterizedTest
    @MethodSource("frames")
    void stampSecretsOfJoinsAreRead(Recorded recorded) throws IOException {
        var frame = (Frame) Frame.decode(recorded.frame().toString());
        if (frame.is("relay", Frame.JOIN)) {
            var join = Json.fromTree(frame.payload(), RelayJoin.class);

            assertThat(join.stampSecret().value()).hasSize(64);
            assertThat(Json.toTree(join)).isEqualTo(frame.payload());
        }
    }

    @ParameterizedTest
    @MethodSource("frames")
    void whatIsNotReadMayBeAnything(Recorded recorded) throws IOException {
        var frame = (Frame) Frame.decode(recorded.frame().toString());
        if (recorded.from().equals("portal") && !FRAMING.contains(frame.event())) {
            disturb(frame.payload());

            var message =
                    recorded.to().equals("gateway")
                            ? PortalToGateway.decode(frame.event(), frame.payload())
                            : PortalToClient.decode(frame.event(), frame.payload());
            assertThat(message instanceof Ignored).isEqualTo(recorded.to().equals("relay"));
        }
    }

    /// portal-channel.md 3.2: senders emit candidates by descending priority.
    @ParameterizedTest
    @MethodSource("frames")
    void candidatesAreSentInTheOrderOfRealPeers(Recorded recorded) {
        var recordedTexts = new ArrayList<String>();
        recorded.frame().at("/payload/candidates").forEach(c -> recordedTexts.add(c.asText()));
        var id = "6f0c5a52-6c0e-4f3f-9a57-0d5d7a1f7b11";

        assertThat(Candidates.strongestFirst(id, recordedTexts.reversed()).candidates())
                .isEqualTo(recordedTexts);
    }

    /// Adds an unknown field to each object, and changes those that no peer of 2025 looks at.
    private static void disturb(JsonNode node) {
        node.forEach(RecordedFramesTest::disturb);
        if (node instanceof ObjectNode object) {
            NOT_READ.stream()
                    .filter(object::has)
                    .forEach(name -> object.putArray(name).add(7).addObject());
            object.putObject("unknown").putArray("type").addNull();
        }
    }

    private static void assertPayloadSurvives(Recorded recorded, Frame frame) {
        var version = recorded.version();
        switch (recorded.from() + ">" + recorded.to()) {
            case "portal>gateway" -> {
                var message = PortalToGateway.decode(frame.event(), frame.payload());
                assertSame(frame, message, message.event(version), message.payload(version));
            }
            case "gateway>portal" -> {
                var message = GatewayToPortal.decode(frame.event(), frame.payload());
                assertSame(frame, message, message.event(version), message.payload(version));
            }
            case "portal>client" -> {
                var message = PortalToClient.decode(frame.event(), frame.payload());
                assertSame(frame, message, message.event(version), message.payload(version));
            }
            case "client>portal" -> {
                var message = ClientToPortal.decode(frame.event(), frame.payload());
                assertSame(frame, message, message.event(version), message.payload(version));
            }
            default -> assertThat(frame.is("relay", "init")).isTrue();
        }
    }

    private static void assertSame(Frame frame, Object message, String event, JsonNode payload) {
        assertThat(message).isNotInstanceOf(Ignored.class);
        assertThat(event).isEqualTo(frame.event());
        assertThat(withoutNulls(payload)).isEqualTo(withoutNulls(frame.payload()));
    }

    /// Optional fields may be null or absent; both mean the same to every peer.
    private static JsonNode withoutNulls(JsonNode node) {
        var copy = parsed(node.toString());
        removeNulls(copy);
        return copy;
    }

    private static JsonNode parsed(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static void removeNulls(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().removeIf(field -> field.getValue().isNull());
        }
        node.forEach(RecordedFramesTest::removeNulls);
    }

    private static Recorded recorded(String line) {
        try {
            return Json.MAPPER.readValue(line, Recorded.class);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
