package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.wire.IpPacket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;
import org.xbill.DNS.WireParseException;

/// Reading queries and making replies.
final class DnsMessages {
    /// Bytes, and what our OPT says. Longer replies over UDP are truncated to nothing: 1280 less an
    /// IPv4 header with all options and a UDP header.
    static final int UDP_REPLY_LENGTH_MAX = 1212;

    private static final int UDP_LENGTH_WITHOUT_OPT = 512;
    private static final int RECURSION_AVAILABLE_OFFSET = 3;
    private static final int RECURSION_AVAILABLE = 0x80;
    private static final int ADDITIONAL_COUNT_OFFSET = 10;
    private static final int CODE_MASK = 0xF;
    private static final int CODE_BITS = 4;

    private DnsMessages() {}

    /// Empty unless it is one question.
    static Optional<Message> query(byte[] bytes) {
        return parse(bytes)
                .filter(m -> !m.getHeader().getFlag(Flags.QR))
                .filter(m -> m.getHeader().getOpcode() == Opcode.QUERY)
                .filter(m -> m.getHeader().getCount(Section.QUESTION) == 1)
                .filter(m -> m.getQuestion() != null);
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
            return bytes.length < DnsPayload.HEADER_LENGTH
                    ? Optional.empty()
                    : Optional.of(new Message(bytes));
        } catch (WireParseException | IllegalArgumentException _) {
            return Optional.empty();
        } catch (IOException _) { // declared for the same cause
            return Optional.empty();
        }
    }

    /// An empty reply: same id, opcode and RD, the question echoed, an OPT for an OPT. RA is set,
    /// unlike client.md 9: without, resolvers take an empty answer for one of a useless server,
    /// and do not even ask over TCP if it says TC.
    ///
    /// @param rcode may be an extended one if the query has an OPT
    static Message reply(Message query, int rcode) {
        var reply = new Message(query.getHeader().getID());
        var header = reply.getHeader();
        header.setFlag(Flags.QR);
        header.setFlag(Flags.RA);
        header.setOpcode(query.getHeader().getOpcode());
        if (query.getHeader().getFlag(Flags.RD)) {
            header.setFlag(Flags.RD);
        }
        header.setRcode(rcode & CODE_MASK);
        reply.addRecord(query.getQuestion(), Section.QUESTION);
        var opt = query.getOPT();
        if (opt != null) {
            int flags = opt.getFlags() & ExtendedFlags.DO;
            reply.addRecord(
                    new OPTRecord(UDP_REPLY_LENGTH_MAX, rcode >> CODE_BITS, 0, flags),
                    Section.ADDITIONAL);
        }
        return reply;
    }

    /// What is wrong with a query's EDNS (RFC 6891 sections 6.1.1 and 6.1.3), NOERROR if nothing.
    static int ednsError(Message query) {
        var opts =
                query.getSection(Section.ADDITIONAL).stream()
                        .filter(OPTRecord.class::isInstance)
                        .map(OPTRecord.class::cast)
                        .toList();
        if (opts.size() > 1) {
            return Rcode.FORMERR;
        }
        boolean isKnown = opts.stream().allMatch(opt -> opt.getVersion() == 0);
        return isKnown ? Rcode.NOERROR : Rcode.BADVERS;
    }

    /// A query as a server that knows no EDNS understands it.
    static DnsPayload withoutOpt(Message query) {
        var plain = query.clone();
        plain.removeAllRecords(Section.ADDITIONAL);
        return new DnsPayload(plain.toWire());
    }

    /// Whether a server refused a query for its OPT.
    static boolean isEdnsRefused(Message query, Message answer) {
        int code = answer.getHeader().getRcode();
        return query.getOPT() != null
                && answer.getOPT() == null
                && (code == Rcode.FORMERR || code == Rcode.NOTIMP);
    }

    /// Bytes that whoever asked takes over UDP.
    static int udpLengthMax(Message query) {
        var opt = query.getOPT();
        return opt == null
                ? UDP_LENGTH_WITHOUT_OPT
                : Math.clamp(opt.getPayloadSize(), UDP_LENGTH_WITHOUT_OPT, UDP_REPLY_LENGTH_MAX);
    }

    /// The bytes of a reply; one that is too long for UDP loses all records and says so.
    static byte[] toUdp(Message query, Message reply) {
        return toUdp(query, reply.toWire(), reply.getHeader().getRcode());
    }

    static byte[] toUdp(Message query, byte[] reply, int rcode) {
        return reply.length <= udpLengthMax(query) ? reply : truncated(query, rcode).toWire();
    }

    static Message truncated(Message query, int rcode) {
        var empty = reply(query, rcode);
        empty.getHeader().setFlag(Flags.TC);
        return empty;
    }

    /// Multicast name resolution has no such flag, the bit is reserved (RFC 4795 section 2.1.1).
    static void clearRecursionAvailable(byte[] reply) {
        int flags = reply[RECURSION_AVAILABLE_OFFSET] & ~RECURSION_AVAILABLE;
        reply[RECURSION_AVAILABLE_OFFSET] = (byte) flags;
    }

    /// A server's answer as it is, but with an OPT if the query has one: we know EDNS even where
    /// the server does not.
    static byte[] withOptFor(Message query, Message answer, byte[] bytes) {
        boolean isMissing = query.getOPT() != null && answer.getOPT() == null;
        if (!isMissing || answer.isSigned()) { // a signature has to be the last
            return bytes;
        }
        var opt = new OPTRecord(UDP_REPLY_LENGTH_MAX, 0, 0).toWire(Section.ADDITIONAL);
        var longer = Arrays.copyOf(bytes, bytes.length + opt.length);
        System.arraycopy(opt, 0, longer, bytes.length, opt.length);
        int count = answer.getHeader().getCount(Section.ADDITIONAL) + 1;
        ByteBuffer.wrap(longer).putShort(ADDITIONAL_COUNT_OFFSET, (short) count);
        return longer;
    }

    /// Lower case, without trailing dot.
    static String text(Name name) {
        return name.toString(true).toLowerCase(Locale.ROOT);
    }
}
