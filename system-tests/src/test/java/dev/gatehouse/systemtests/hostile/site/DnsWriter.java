package dev.gatehouse.systemtests.hostile.site;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// Writes DNS messages byte by byte, right ones and others (RFC 1035 section 4.1).
public final class DnsWriter {
    public static final int A = 1;
    static final int NS = 2;
    static final int CNAME = 5;
    public static final int TXT = 16;
    static final int AAAA = 28;

    static final int RECURSION_DESIRED = 0x0100;
    static final int ANSWER = 0x8180;
    static final int TRUNCATED = 0x0200;
    static final int HEADER_LENGTH = 12;

    private static final int IN = 1;
    private static final int POINTER_TO_QUESTION = 0xC000 | HEADER_LENGTH;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    private interface Writing {
        void run() throws IOException;
    }

    public static byte[] question(int id, String name, int type) {
        var writer = new DnsWriter().header(id, RECURSION_DESIRED, 0);
        return writer.name(name).shorts(type, IN).bytes();
    }

    /// The header of a message with one question.
    DnsWriter header(int id, int flags, int answers) {
        return shorts(id, flags, 1, answers, 0, 0);
    }

    DnsWriter shorts(int... values) {
        return write(
                () -> {
                    for (int value : values) {
                        out.writeShort(value);
                    }
                });
    }

    DnsWriter raw(byte[] some) {
        return write(() -> out.write(some));
    }

    DnsWriter name(String name) {
        return write(
                () -> {
                    for (var label : name.split("\\.")) {
                        out.writeByte(label.length());
                        out.write(label.getBytes(StandardCharsets.US_ASCII));
                    }
                    out.writeByte(0);
                });
    }

    /// A record of the name asked for.
    DnsWriter record(int type, int ttl, byte[] data) {
        return shorts(POINTER_TO_QUESTION).recordOfName(type, ttl, data);
    }

    /// The rest of a record whose name is written.
    DnsWriter recordOfName(int type, int ttl, byte[] data) {
        return shorts(type, IN, ttl >>> 16, ttl, data.length).raw(data);
    }

    private DnsWriter write(Writing writing) {
        try {
            writing.run();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
