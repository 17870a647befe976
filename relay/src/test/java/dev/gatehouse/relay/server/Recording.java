package dev.gatehouse.relay.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What passed a real relay in one recording, datagram by datagram.
record Recording(List<Datagram> datagrams, List<String> keys) {
    static final IpAddress RELAY_V4 = IpAddress.parse("10.99.0.3");
    static final IpAddress RELAY_V6 = IpAddress.parse("fd99::3");

    private static final ObjectMapper JSON = new ObjectMapper();

    /// @param hex the payload
    record Datagram(Endpoint source, Endpoint destination, String hex) {
        boolean isToRelay() {
            return isRelay(destination);
        }

        boolean isFromRelay() {
            return isRelay(source);
        }

        private static boolean isRelay(Endpoint endpoint) {
            return endpoint.address().equals(RELAY_V4) || endpoint.address().equals(RELAY_V6);
        }

        byte[] bytes() {
            return HexFormat.of().parseHex(hex);
        }

        Optional<StunMessage> message() {
            var bytes = ByteBuffer.wrap(bytes());
            return StunMessage.decode(bytes, 0, bytes.capacity()) instanceof StunMessage message
                    ? Optional.of(message)
                    : Optional.empty();
        }
    }

    static Set<String> names() {
        var names = new TreeSet<String>();
        read("keys.json").fieldNames().forEachRemaining(names::add);
        return names;
    }

    static Recording load(String name) {
        var datagrams = new ArrayList<Datagram>();
        for (String text : resource("stun-turn.jsonl").split("\n")) {
            var line = parse(text);
            var own = line.get("era").textValue() + " / " + line.get("net").textValue();
            if (own.equals(name)) {
                addAll(line, datagrams);
            }
        }
        var keys = read("keys.json").get(name);
        return new Recording(
                List.copyOf(datagrams),
                List.of(keys.get("turn gateway").textValue(), keys.get("turn client").textValue()));
    }

    /// A line holds several datagrams where the sender used segmentation offload.
    private static void addAll(JsonNode line, List<Datagram> datagrams) {
        var source = Endpoint.parse(line.get("src").textValue());
        var destination = Endpoint.parse(line.get("dst").textValue());
        byte[] payload = HexFormat.of().parseHex(line.get("hex").textValue());
        int first = firstLength(payload);
        for (int at = 0; at < payload.length; at += first) {
            byte[] piece = Arrays.copyOfRange(payload, at, Math.min(payload.length, at + first));
            datagrams.add(new Datagram(source, destination, HexFormat.of().formatHex(piece)));
        }
    }

    private static int firstLength(byte[] payload) {
        int length = Short.toUnsignedInt(ByteBuffer.wrap(payload).getShort(2));
        if (ChannelData.isChannelData(payload[0])) {
            return length + ChannelData.HEADER_LENGTH;
        }
        boolean isStun = payload[0] >= 0 && payload[0] <= 3 && length < payload.length;
        return isStun ? length + StunMessage.HEADER_LENGTH : payload.length;
    }

    private static JsonNode read(String name) {
        return parse(resource(name));
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String resource(String name) {
        try (var in = Recording.class.getResourceAsStream("/vectors/recorded/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
