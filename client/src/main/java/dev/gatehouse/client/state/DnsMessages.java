package dev.gatehouse.client.state;

import dev.gatehouse.wire.IpPacket;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Section;
import org.xbill.DNS.WireParseException;

/// Reading queries and making replies.
final class DnsMessages {
    /// Bytes. Longer replies over UDP are truncated to nothing: 1280 less an IPv4 header with all
    /// options and a UDP header.
    static final int UDP_REPLY_LENGTH_MAX = 1212;

    static final int HEADER_LENGTH = 12;

    private DnsMessages() {}

    /// Empty unless it is one question.
    static Optional<Message> query(byte[] bytes) {
        return parse(bytes)
                .filter(m -> !m.getHeader().getFlag(Flags.QR))
                .filter(m -> m.getHeader().getOpcode() == Opcode.QUERY)
                .filter(m -> m.getHeader().getCount(Section.QUESTION) == 1)
                .filter(m -> m.getQuestion() != null);
    }

    static Optional<Message> parse(IpPacket packet) {
        return parse(payload(packet));
    }

    /// A copy of what the packet carries.
    static byte[] payload(IpPacket packet) {
        int from = packet.payloadOffset();
        var bytes = new byte[packet.offset() + packet.totalLength() - from];
        packet.buffer().get(from, bytes);
        return bytes;
    }

    static Optional<Message> parse(byte[] bytes) {
        try {
            return bytes.length < HEADER_LENGTH
                    ? Optional.empty()
                    : Optional.of(new Message(bytes));
        } catch (WireParseException | IllegalArgumentException _) {
            return Optional.empty();
        } catch (IOException _) { // declared for the same cause
            return Optional.empty();
        }
    }

    /// An empty reply: same id, opcode and RD, the question echoed.
    static Message reply(Message query, int rcode) {
        var reply = new Message(query.getHeader().getID());
        var header = reply.getHeader();
        header.setFlag(Flags.QR);
        header.setOpcode(query.getHeader().getOpcode());
        if (query.getHeader().getFlag(Flags.RD)) {
            header.setFlag(Flags.RD);
        }
        header.setRcode(rcode);
        reply.addRecord(query.getQuestion(), Section.QUESTION);
        return reply;
    }

    /// The bytes of a reply; one that is too long for UDP loses all records and says so.
    static byte[] toUdp(Message reply) {
        byte[] wire = reply.toWire();
        return wire.length <= UDP_REPLY_LENGTH_MAX ? wire : truncated(reply).toWire();
    }

    static Message truncated(Message reply) {
        var empty =
                reply(reply, reply.getHeader().getRcode()); // OPT may make it longer than 4 bits
        empty.getHeader().setFlag(Flags.TC);
        return empty;
    }

    /// Lower case, without trailing dot.
    static String text(Name name) {
        return name.toString(true).toLowerCase(Locale.ROOT);
    }
}
