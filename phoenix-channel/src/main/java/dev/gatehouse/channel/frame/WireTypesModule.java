package dev.gatehouse.channel.frame;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.util.function.Function;

/// Addresses, endpoints and networks as JSON strings.
final class WireTypesModule extends SimpleModule {
    private static final long serialVersionUID = 1L;

    WireTypesModule() {
        add(IpAddress.class, IpAddress::parse);
        add(Endpoint.class, Endpoint::parse);
        add(IpNetwork.class, IpNetwork::parse);
    }

    private <T> void add(Class<T> type, Function<String, T> parse) {
        addSerializer(type, ToStringSerializer.instance);
        addDeserializer(type, new Parsing<>(type, parse));
    }

    private static final class Parsing<T> extends FromStringDeserializer<T> {
        private static final long serialVersionUID = 1L;

        private final transient Function<String, T> parse;

        Parsing(Class<T> type, Function<String, T> parse) {
            super(type);
            this.parse = parse;
        }

        @Override
        public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            if (!parser.currentToken().isScalarValue() || parser.currentToken().isNumeric()) {
                return reject(context);
            }
            return super.deserialize(parser, context);
        }

        @Override
        protected T _deserialize(String value, DeserializationContext context) throws IOException {
            try {
                return parse.apply(value);
            } catch (IllegalArgumentException _) {
                return reject(context);
            }
        }

        private T reject(DeserializationContext context) throws IOException {
            return context.reportInputMismatch(
                    handledType(), "not a valid %s", handledType().getSimpleName());
        }
    }
}
