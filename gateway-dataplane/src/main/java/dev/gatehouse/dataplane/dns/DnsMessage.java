package dev.gatehouse.dataplane.dns;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.Optional;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;

/// The little that a forwarder has to know of a DNS message (RFC 1035 section 4.1, RFC 6891);
/// everything else passes unseen.
final class DnsMessage {
    static final int HEADER_LENGTH = 12;
    static final int LENGTH_MAX = 65_535;

    private static final int FLAGS_OFFSET = 2; // u16
    private static final int QUESTIONS_OFFSET = 4; // u16
    private static final int FLAG_RESPONSE = 0x8000;
    private static final int FLAG_TRUNCATED = 0x0200;
    private static final int FLAG_RECURSION_AVAILABLE = 0x0080;

    /// Of ours. Without the latter, resolvers take an empty answer for one of a server that is no
    /// use to them.
    private static final int FLAGS_OF_REPLY = FLAG_RESPONSE | FLAG_RECURSION_AVAILABLE;

    private static final int KEPT_OF_QUERY = 0x7900; // opcode, recursion desired
    private static final int SERVFAIL = 2;
    private static final int REFUSED = 5;
    private static final int EXTENDED_BADVERS = 1; // the upper bits of 16, in OPT's TTL
    private static final int ADDITIONAL_OFFSET = 10; // u16
    private static final int TYPE_AAAA = 28;
    private static final int TYPE_OPT = 41;
    private static final int UDP_LENGTH_WITHOUT_OPT = 512;
    private static final int LABEL_LENGTH_MAX = 63;
    private static final int TYPE_AND_CLASS_LENGTH = 4;

    private final Buffer bytes;
    private final int questionEnd;
    private Optional<Message> whole; // null: not read yet

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
        return code() == 0;
    }

    /// Whether another server may know more.
    boolean isRefusal() {
        return code() == SERVFAIL || code() == REFUSED;
    }

    private int code() {
        return flags() & 0xF;
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

    DnsMessage withId(int id) {
        return new DnsMessage(bytes.copy().setUnsignedShort(0, id), questionEnd);
    }

    /// The reply to this query where nobody can tell.
    ///
    /// @param udpLength what we take over UDP
    Buffer serverFailure(int udpLength) {
        var reply = questionOnly(FLAGS_OF_REPLY | flags() & KEPT_OF_QUERY | SERVFAIL);
        return opt().isPresent() ? withOpt(reply, udpLength, 0) : reply;
    }

    boolean asksForV6() {
        return bytes.getUnsignedShort(questionEnd - TYPE_AND_CLASS_LENGTH) == TYPE_AAAA;
    }

    /// The reply to this query that says that there is nothing of its type.
    Buffer noData(int udpLength) {
        var reply = questionOnly(FLAGS_OF_REPLY | flags() & KEPT_OF_QUERY);
        return opt().isPresent() ? withOpt(reply, udpLength, 0) : reply;
    }

    /// The reply to a query of an EDNS version that we do not know, RFC 6891 section 6.1.3.
    Buffer badVersion(int udpLength) {
        var reply = questionOnly(FLAGS_OF_REPLY | flags() & KEPT_OF_QUERY);
        return withOpt(reply, udpLength, EXTENDED_BADVERS);
    }

    /// This answer as `query` can take it: with an OPT if it has one, over UDP cut to the question
    /// with TC if it is longer than the client takes, which then asks again over TCP.
    ///
    /// @param udpLength what we send over UDP at the most, 512 or more
    Buffer toUdp(DnsMessage query, int udpLength) {
        var opt = query.opt();
        int limit =
                opt.map(o -> Math.clamp(o.getPayloadSize(), UDP_LENGTH_WITHOUT_OPT, udpLength))
                        .orElse(UDP_LENGTH_WITHOUT_OPT);
        var whole = withOptFor(query, udpLength);
        if (whole.length() <= limit) {
            return whole;
        }
        var cut = questionOnly(flags() | FLAG_RECURSION_AVAILABLE | FLAG_TRUNCATED);
        return opt.isPresent() ? withOpt(cut, udpLength, 0) : cut;
    }

    /// The same over TCP.
    Buffer withOptFor(DnsMessage query, int udpLength) {
        boolean isMissing = query.opt().isPresent() && opt().isEmpty();
        return isMissing && !isSigned() ? withOpt(bytes.copy(), udpLength, 0) : bytes;
    }

    private boolean isSigned() {
        return whole().filter(Message::isSigned).isPresent(); // a signature has to be the last
    }

    /// What EDNS says, RFC 6891; empty if there is none.
    Optional<OPTRecord> opt() {
        return whole().map(Message::getOPT);
    }

    /// Read once: it costs by the records, of which an answer may have thousands.
    private Optional<Message> whole() {
        if (whole == null) {
            whole = parseWhole();
        }
        return whole;
    }

    private Optional<Message> parseWhole() {
        try {
            return Optional.of(new Message(bytes.getBytes()));
        } catch (IOException | RuntimeException _) { // of many kinds, none of them documented
            return Optional.empty();
        }
    }

    /// Adds an OPT to the end.
    private static Buffer withOpt(Buffer message, int udpLength, int extendedCode) {
        int count = message.getUnsignedShort(ADDITIONAL_OFFSET);
        message.setUnsignedShort(ADDITIONAL_OFFSET, count + 1);
        message.appendByte((byte) 0).appendUnsignedShort(TYPE_OPT).appendUnsignedShort(udpLength);
        return message.appendInt(extendedCode << 24).appendUnsignedShort(0);
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
