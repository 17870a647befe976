package dev.gatehouse.channel.frame;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;

/// The one JSON mapper of the channel: snake case, unknown fields ignored, no silent conversion
/// between strings and numbers, depth and sizes limited.
public final class Json {
    private static final int NESTING_MAX = 32;
    private static final int STRING_LENGTH_MAX = 1 << 20;
    private static final long DOCUMENT_LENGTH_MAX = 16L << 20;

    /// The `init` of a gateway with 1,000 clients and 100 resources each has 800,000. A tree takes
    /// some dozens of bytes for each.
    private static final long TOKENS_MAX = 2_000_000;

    public static final ObjectMapper MAPPER = mapper();

    private Json() {}

    private static ObjectMapper mapper() {
        var constraints =
                StreamReadConstraints.builder()
                        .maxNestingDepth(NESTING_MAX)
                        .maxStringLength(STRING_LENGTH_MAX)
                        .maxDocumentLength(DOCUMENT_LENGTH_MAX)
                        .maxTokenCount(TOKENS_MAX)
                        .build();
        return JsonMapper.builder(JsonFactory.builder().streamReadConstraints(constraints).build())
                .addModule(new Jdk8Module())
                .addModule(new WireTypesModule())
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .defaultPropertyInclusion(
                        JsonInclude.Value.construct(
                                JsonInclude.Include.NON_ABSENT, JsonInclude.Include.ALWAYS))
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .withCoercionConfig(
                        LogicalType.Textual,
                        config ->
                                config.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                        .setCoercion(
                                                CoercionInputShape.Boolean, CoercionAction.Fail))
                .build();
    }

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /// Renders one of our records.
    public static JsonNode toTree(Object message) {
        return MAPPER.valueToTree(message);
    }

    /// Reads one of our records.
    ///
    /// @throws JsonProcessingException if a field is missing or malformed; the text never carries
    ///     values
    public static <T> T fromTree(JsonNode payload, Class<T> type) throws JsonProcessingException {
        return MAPPER.treeToValue(payload, type);
    }
}
