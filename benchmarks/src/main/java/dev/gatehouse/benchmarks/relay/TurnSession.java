package dev.gatehouse.benchmarks.relay;

import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.function.UnaryOperator;

/// The requests of a TURN client to any server with long-term credentials. Waits for each answer.
final class TurnSession {
    private static final long ANSWER_LIMIT_NS = Duration.ofSeconds(2).toNanos();

    private final UdpSocket socket;
    private final Endpoint server;
    private final String user;
    private final String password;
    private final DatagramBatch batch = UdpSocket.newBatch();
    private final Random random = new Random();
    private String realm = "";
    private String nonce = "";

    TurnSession(UdpSocket socket, Endpoint server, String user, String password) {
        this.socket = socket;
        this.server = server;
        this.user = user;
        this.password = password;
    }

    /// Returns the relayed address.
    Endpoint allocate() throws IOException {
        var reply = request(StunMethods.ALLOCATE, StunWriter::requestedTransportUdp);
        return reply.xorRelayedAddresses().getFirst();
    }

    void bind(int channel, Endpoint peer) throws IOException {
        request(StunMethods.CHANNEL_BIND, w -> w.channelNumber(channel).xorPeerAddress(peer));
    }

    private StunMessage request(int method, UnaryOperator<StunWriter> attributes)
            throws IOException {
        var reply = exchange(method, attributes);
        int code = reply.errorCode().orElse(0);
        if (code == StunErrors.UNAUTHORIZED || code == StunErrors.STALE_NONCE) {
            realm = reply.realm().orElseThrow();
            nonce = reply.nonce().orElseThrow();
            reply = exchange(method, attributes);
        }
        if (reply.messageClass() != MessageClass.SUCCESS) {
            throw new IOException("the server refuses %s: %s".formatted(reply, reply.errorCode()));
        }
        return reply;
    }

    private StunMessage exchange(int method, UnaryOperator<StunWriter> attributes)
            throws IOException {
        var id = TransactionId.random(random);
        var writer = attributes.apply(new StunWriter(MessageClass.REQUEST, method, id));
        byte[] request =
                nonce.isEmpty()
                        ? writer.build()
                        : writer.username(user)
                                .realm(realm)
                                .nonce(nonce)
                                .buildSigned(TurnCredentials.longTermKey(user, realm, password));
        var transmit = new Transmit();
        transmit.path(Endpoint.ANY_V4, server);
        transmit.content(ByteBuffer.wrap(request), 0, request.length, request.length, 0);
        socket.send(transmit);
        return await(id);
    }

    private StunMessage await(TransactionId id) throws IOException {
        long deadlineNs = System.nanoTime() + ANSWER_LIMIT_NS;
        while (System.nanoTime() < deadlineNs) {
            int received = socket.receive(batch);
            for (int i = 0; i < received; i++) {
                var packets = batch.packets();
                var decoded =
                        StunMessage.decode(packets.buffer(), packets.offset(i), packets.length(i));
                if (decoded instanceof StunMessage message && message.transactionId().equals(id)) {
                    return message;
                }
            }
            Thread.onSpinWait();
        }
        throw new IOException("no answer from " + server);
    }
}
