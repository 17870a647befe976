package dev.gatehouse.client.state;

import java.io.IOException;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Section;

/// DNS messages as the other side reads and writes them.
final class DnsWire {
    private DnsWire() {}

    static Message read(byte[] bytes) {
        try {
            return new Message(bytes);
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /// Without records.
    static Message reply(Message query) {
        var reply = new Message(query.getHeader().getID());
        for (int flag : new int[] {Flags.QR, Flags.RA, Flags.RD}) {
            reply.getHeader().setFlag(flag);
        }
        reply.addRecord(query.getQuestion(), Section.QUESTION);
        return reply;
    }
}
