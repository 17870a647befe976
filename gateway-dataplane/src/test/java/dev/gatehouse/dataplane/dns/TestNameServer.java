package dev.gatehouse.dataplane.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// A nameserver on the loopback that answers as it is told, over UDP and, when asked for, TCP.
final class TestNameServer implements AutoCloseable {
    /// Null: silent.
    @FunctionalInterface
    interface Zone {
        Message answer(Message query) throws IOException;
    }

    private static final int LENGTH_MAX = 65_535;
    private static final int TTL = 60;

    private final Zone zone;
    private final DatagramSocket udp;
    private final InetSocketAddress address;
    private final List<Name> names = new CopyOnWriteArrayList<>();
    private ServerSocket tcp;

    TestNameServer(Zone zone) throws IOException {
        this.zone = zone;
        udp = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        address = (InetSocketAddress) udp.getLocalSocketAddress();
        Thread.ofVirtual().start(this::serveUdp);
    }

    InetSocketAddress address() {
        return address;
    }

    List<Name> names() {
        return names;
    }

    int asked() {
        return names.size();
    }

    private void serveUdp() {
        try {
            var packet = new DatagramPacket(new byte[LENGTH_MAX], LENGTH_MAX);
            while (!udp.isClosed()) {
                udp.receive(packet);
                var query = new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
                names.add(query.getQuestion().getName());
                var reply = zone.answer(query);
                if (reply != null) {
                    byte[] bytes = reply.toWire();
                    udp.send(new DatagramPacket(bytes, bytes.length, packet.getSocketAddress()));
                }
            }
        } catch (IOException _) {
            udp.close();
        }
    }

    void overTcp(Zone answers) throws IOException {
        tcp = new ServerSocket(address().getPort(), 10, address().getAddress());
        Thread.ofVirtual().start(() -> serveTcp(answers));
    }

    private void serveTcp(Zone answers) {
        while (!tcp.isClosed()) {
            try (var socket = tcp.accept()) {
                var in = new DataInputStream(socket.getInputStream());
                var query = new Message(in.readNBytes(in.readUnsignedShort()));
                byte[] reply = answers.answer(query).toWire();
                var out = new DataOutputStream(socket.getOutputStream());
                out.writeShort(reply.length);
                out.write(reply);
            } catch (IOException _) {
                // the next one
            }
        }
    }

    static Message question(String name, int type) throws IOException {
        return Message.newQuery(
                Record.newRecord(Name.fromString(name, Name.root), type, DClass.IN));
    }

    /// Without records.
    static Message reply(Message query) {
        var reply = new Message(query.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        reply.getHeader().setFlag(Flags.RD);
        reply.getHeader().setFlag(Flags.RA);
        reply.addRecord(query.getQuestion(), Section.QUESTION);
        return reply;
    }

    /// With 10.0.0.1 or fd00::1.
    static Message addresses(Message query) {
        boolean v4 = query.getQuestion().getType() == Type.A;
        return address(
                reply(query),
                query.getQuestion().getName().toString(),
                TTL,
                v4 ? "10.0.0.1" : "fd00::1");
    }

    static Message address(Message reply, String owner, long ttl, String address) {
        try {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            var name = Name.fromString(owner, Name.root);
            int type = bytes.length == 4 ? Type.A : Type.AAAA;
            reply.addRecord(Record.newRecord(name, type, DClass.IN, ttl, bytes), Section.ANSWER);
            return reply;
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static Message alias(Message reply, String owner, long ttl, String target) throws IOException {
        var name = Name.fromString(owner, Name.root);
        var to = Name.fromString(target, Name.root);
        reply.addRecord(new CNAMERecord(name, DClass.IN, ttl, to), Section.ANSWER);
        return reply;
    }

    @Override
    public void close() throws IOException {
        udp.close();
        if (tcp != null) {
            tcp.close();
        }
    }
}
