package dev.gatehouse.channel.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.frame.Json;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The portal's messages as portal-channel.md 3.3 and 4.2 write them: each is understood, may lack
/// what is optional and have more than is known, and is ignored as a whole without what is
/// required or with a malformed value.
class SpecificationMessagesTest {
    /// @param to `gateway` or `client`
    /// @param required pointers of what must be there
    /// @param optional pointers of what may be absent
    /// @param wrong pointers of what cannot be `nonsense`
    record Sample(
            String to,
            String event,
            JsonNode payload,
            List<String> required,
            List<String> optional,
            List<String> wrong) {
        JsonNode copy() {
            return payload.deepCopy();
        }

        Object decode(JsonNode payload) {
            return to.equals("gateway")
                    ? PortalToGateway.decode(event, payload)
                    : PortalToClient.decode(event, payload);
        }

        @Override
        public String toString() {
            return to + " " + event;
        }
    }

    static Stream<Sample> samples() throws IOException {
        var file = "/vectors/specification/portal-messages.json";
        try (var in = SpecificationMessagesTest.class.getResourceAsStream(file)) {
            return Stream.of(Json.MAPPER.readValue(in, Sample[].class));
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void theExampleIsUnderstoodAndWrittenAgain(Sample sample) {
        var payload = sample.copy();
        var message = sample.decode(payload);

        assertThat(message).isNotInstanceOf(Ignored.class);
        var again =
                message instanceof PortalToGateway toGateway && sample.to().equals("gateway")
                        ? toGateway.payload(ApiVersion.V1)
                        : ((PortalToClient) message).payload(ApiVersion.V1);
        assertThat(sample.decode(again)).isEqualTo(message);
    }

    @ParameterizedTest
    @MethodSource("samples")
    void withoutWhatIsRequiredItIsIgnored(Sample sample) {
        for (var pointer : sample.required()) {
            var payload = sample.copy();
            remove(payload, pointer);
            assertThat(sample.decode(payload)).as(pointer).isInstanceOf(Ignored.class);
        }
    }

    @Test
    void anAccessWithoutEndHasAnExpiryOfNull() throws IOException {
        var sample = samples().filter(s -> s.event().equals("authorize_flow")).findFirst();
        var payload = sample.orElseThrow().copy();
        put(payload, "/expires_at", Json.MAPPER.nullNode());

        var message = (PortalToGateway.AuthorizeFlow) sample.orElseThrow().decode(payload);

        assertThat(message.expiresAt()).isEmpty();
        assertThat(message.payload(ApiVersion.V1).get("expires_at").isNull()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("samples")
    void whatIsOptionalMayBeAbsentOrNull(Sample sample) {
        for (var pointer : sample.optional()) {
            var payload = sample.copy();
            put(payload, pointer, Json.MAPPER.nullNode());
            assertThat(sample.decode(payload)).as("null " + pointer).isNotInstanceOf(Ignored.class);
            remove(payload, pointer);
            assertThat(sample.decode(payload)).as(pointer).isNotInstanceOf(Ignored.class);
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void aMalformedValueMakesItIgnored(Sample sample) {
        for (var pointer : sample.wrong()) {
            var payload = sample.copy();
            put(payload, pointer, Json.MAPPER.getNodeFactory().textNode("nonsense"));
            assertThat(sample.decode(payload)).as(pointer).isInstanceOf(Ignored.class);
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void whatIsNotKnownMayBeThere(Sample sample) {
        var payload = sample.copy();
        disturb(payload);
        assertThat(sample.decode(payload)).isNotInstanceOf(Ignored.class);
    }

    private static void disturb(JsonNode node) {
        node.forEach(SpecificationMessagesTest::disturb);
        if (node instanceof ObjectNode object) {
            object.putObject("unknown").putArray("type").addNull();
        }
    }

    private static void remove(JsonNode payload, String pointer) {
        var field = parent(payload, pointer).remove(name(pointer));
        assertThat(field).as("%s in %s", pointer, payload).isNotNull();
    }

    private static void put(JsonNode payload, String pointer, JsonNode value) {
        parent(payload, pointer).set(name(pointer), value);
    }

    private static ObjectNode parent(JsonNode payload, String pointer) {
        return (ObjectNode) payload.at(JsonPointer.compile(pointer).head());
    }

    private static String name(String pointer) {
        return pointer.substring(pointer.lastIndexOf('/') + 1);
    }
}
