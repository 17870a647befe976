package dev.gatehouse.dataplane;

import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/// The little that a forwarder has to know of a DNS message (RFC 1035 section 4.1); everything else
/// passes unseen.
final class DnsMessage {
    static final int HEADER_LENGTH = 12;
    static final int LENGTH_MAX = 65_535;

    private static final int FLAGS_OFFSET = 2; // u16
    private static final int QUESTIONS_OFFSET = 4; // u16
    private static final int FLAG_RESPONSE = 0x8000;
    private static final int FLAG_TRUNCATED = 0x0200;
    private static final int KEPT_OF_QUERY = 0x7900; // opcode, recursion desired
    private static final int SERVFAIL = 2;
    private static final int LABEL_LENGTH_MAX = 63;
    private static final int TYPE_AND_CLASS_LENGTH = 4;

    private final Buffer bytes;
    private final int questionEnd;

    private DnsMessage(Buffer bytes, int questionEnd) {
        this.bytes = bytes;
        this.questionEnd = questionEnd;
    }

    /// A message with exactly one question; anything else is empty.
    static Optional<DnsMessage> parse(Buffer bytes) {
        if (bytes.length() < HEADER_LENGTH
                || bytes.length() > LENGTH_MAX
                || bytes.getUnsignedShort(QUESTIONS_OFFSET) != 1) {
            return Optional.empty();
        }
        int at = HEADER_LENGTH;
        while (at < bytes.length()) {
            int label = bytes.getUnsignedByte(at);
            if (label > LABEL_LENGTH_MAX) {
                return Optional.empty();
            }
            at += 1 + label;
            if (label == 0) {
                int end = at + TYPE_AND_CLASS_LENGTH;
                return end <= bytes.length()
                        ? Optional.of(new DnsMessage(bytes, end))
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }

    int id() {
        return bytes.getUnsignedShort(0);
    }

    boolean isQuery() {
        return (flags() & FLAG_RESPONSE) == 0;
    }

    boolean isSuccess() {
        return (flags() & 0xF) == 0;
    }

    private int flags() {
        return bytes.getUnsignedShort(FLAGS_OFFSET);
    }

    /// Whether this is the answer to `query`.
    boolean answers(DnsMessage query) {
        return !isQuery()
                && id() == query.id()
                && questionEnd == query.questionEnd
                && sameQuestion(query);
    }

    /// Names are compared without regard to case, as answers may change it.
    private boolean sameQuestion(DnsMessage query) {
        for (int i = HEADER_LENGTH; i < questionEnd; i++) {
            int ours = Character.toLowerCase(bytes.getUnsignedByte(i));
            if (ours != Character.toLowerCase(query.bytes.getUnsignedByte(i))) {
                return false;
            }
        }
        return true;
    }

    Buffer withId(int id) {
        return bytes.copy().setUnsignedShort(0, id);
    }

    Buffer serverFailure() {
        return questionOnly(FLAG_RESPONSE | flags() & KEPT_OF_QUERY | SERVFAIL);
    }

    /// Tells the client to ask again over TCP.
    Buffer truncated() {
        return questionOnly(flags() | FLAG_TRUNCATED);
    }

    private Buffer questionOnly(int flags) {
        var header = Buffer.buffer(questionEnd);
        header.appendUnsignedShort(id()).appendUnsignedShort(flags).appendUnsignedShort(1);
        header.appendUnsignedShort(0).appendInt(0);
        return header.appendBuffer(bytes, HEADER_LENGTH, questionEnd - HEADER_LENGTH);
    }

    Buffer bytes() {
        return bytes;
    }

    /// A query for the IPv4 addresses of a name.
    static Buffer queryForA(int id, String name) {
        var query = Buffer.buffer();
        query.appendUnsignedShort(id).appendUnsignedShort(0x0100).appendUnsignedShort(1);
        query.appendUnsignedShort(0).appendInt(0);
        for (var label : name.split("\\.")) {
            query.appendUnsignedByte((short) label.length()).appendString(label);
        }
        return query.appendByte((byte) 0).appendUnsignedShort(1).appendUnsignedShort(1);
    }
}
