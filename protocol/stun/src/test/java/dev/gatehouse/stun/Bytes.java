package dev.gatehouse.stun;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// Hex, resources and decoding for the tests of this module.
final class Bytes {
    private Bytes() {}

    static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    }

    static String resource(String name) {
        try (var in = Bytes.class.getResourceAsStream("/vectors/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static Decoded decode(byte[] message) {
        return StunMessage.decode(ByteBuffer.wrap(message), 0, message.length);
    }

    static StunMessage message(byte[] message) {
        return switch (decode(message)) {
            case StunMessage decoded -> decoded;
            case Decoded.Rejected reason -> throw new AssertionError("rejected: " + reason);
        };
    }
}
