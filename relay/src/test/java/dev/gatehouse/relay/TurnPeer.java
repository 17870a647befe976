package dev.gatehouse.relay;

import dev.gatehouse.relay.server.login.StampSecret;
import dev.gatehouse.relay.server.login.Username;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/// A TURN client, or a bare UDP peer, on a blocking socket of its own.
final class TurnPeer implements AutoCloseable {
    private static final int TIMEOUT_MS = 5_000;

    private final DatagramSocket socket;
    private final Endpoint relay;
    private final Username user;
    private final byte[] key;
    private final Random random = new Random(7);
    private String nonce = "";

    /// @param relay of the family this peer uses
    TurnPeer(Endpoint relay, String username, String secret) throws IOException {
        this.relay = relay;
        user = Username.parse(username).orElseThrow();
        key = new StampSecret(secret).keyOf(user);
        String loopback = relay.isV4() ? "127.0.0.1" : "::1";
        socket = new DatagramSocket(new InetSocketAddress(loopback, 0));
        socket.setSoTimeout(TIMEOUT_MS);
    }

    Endpoint local() {
        var address = IpAddress.ofBytes(socket.getLocalAddress().getAddress());
        return new Endpoint(address, socket.getLocalPort());
    }

    StunMessage binding() throws IOException {
        send(relay, new StunWriter(MessageClass.REQUEST, StunMethods.BINDING, id()).build());
        return receiveMessage();
    }

    /// Allocates both families and returns the relayed addresses.
    List<Endpoint> allocate() throws IOException {
        var denied = request(StunMethods.ALLOCATE, StunWriter::requestedTransportUdp);
        nonce = denied.nonce().orElseThrow();
        var granted =
                request(
                        StunMethods.ALLOCATE,
                        w -> w.requestedTransportUdp().additionalAddressFamilyIpv6());
        return granted.xorRelayedAddresses();
    }

    StunMessage bind(int channel, Endpoint peer) throws IOException {
        return request(
                StunMethods.CHANNEL_BIND, w -> w.channelNumber(channel).xorPeerAddress(peer));
    }

    StunMessage request(int method, UnaryOperator<StunWriter> attributes) throws IOException {
        var writer = attributes.apply(new StunWriter(MessageClass.REQUEST, method, id()));
        writer.username(user.text()).realm("firezone");
        if (!nonce.isEmpty()) {
            writer.nonce(nonce);
        }
        send(relay, writer.buildSigned(key));
        var reply = receiveMessage();
        if (!reply.verifyIntegrity(key)) {
            throw new IOException("a reply that is not signed: " + reply);
        }
        return reply;
    }

    private TransactionId id() {
        return TransactionId.random(random);
    }

    void sendChannelData(int channel, byte[] payload) throws IOException {
        var datagram = ByteBuffer.allocate(ChannelData.HEADER_LENGTH + payload.length);
        ChannelData.writeHeader(datagram, 0, channel, payload.length);
        send(relay, datagram.put(ChannelData.HEADER_LENGTH, payload).array());
    }

    void send(Endpoint to, byte[] datagram) throws IOException {
        var address = InetAddress.getByAddress(to.address().toBytes());
        socket.send(new DatagramPacket(datagram, datagram.length, address, to.port()));
    }

    byte[] receive() throws IOException {
        var packet = new DatagramPacket(new byte[65_536], 65_536);
        socket.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    /// Whether nothing has come so far.
    boolean isSilent() throws IOException {
        socket.setSoTimeout(1);
        try {
            receive();
            return false;
        } catch (SocketTimeoutException _) {
            return true;
        } finally {
            socket.setSoTimeout(TIMEOUT_MS);
        }
    }

    private StunMessage receiveMessage() throws IOException {
        byte[] bytes = receive();
        if (StunMessage.decode(ByteBuffer.wrap(bytes), 0, bytes.length)
                instanceof StunMessage message) {
            return message;
        }
        throw new IOException("not a STUN message");
    }

    @Override
    public void close() {
        socket.close();
    }
}
