package dev.gatehouse.benchmarks.relay;

import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.nio.ByteBuffer;

/// A client with one channel and its peer: data goes through the server both ways, no more at a
/// time than a window.
final class TurnFlow implements AutoCloseable {
    private static final int CHANNEL = 0x4000;
    private static final int BATCH_BYTES_MAX = 32 << 10;
    private static final int BATCHES_IN_FLIGHT = 4;
    private static final int SEGMENTS_MAX = 64;
    private static final long STALL_NS = 20_000_000;

    /// One way through the server.
    private final class Way {
        private final UdpSocket from;
        private final UdpSocket to;
        private final Transmit transmit = new Transmit();
        private final int perBatch;
        private long sent;
        private long received;
        private long givenUp;
        private long progressNs = System.nanoTime();

        Way(UdpSocket from, UdpSocket to, Endpoint remote, ByteBuffer content, int stride) {
            this.from = from;
            this.to = to;
            perBatch = content.capacity() / stride;
            transmit.path(Endpoint.ANY_V4, remote);
            transmit.content(content, 0, content.capacity(), stride, 0);
        }

        /// Sends one batch if the window has room. Datagrams that make no progress are lost.
        void send() throws IOException {
            long nowNs = System.nanoTime();
            if (nowNs - progressNs > STALL_NS) {
                givenUp = sent - received;
                progressNs = nowNs;
            }
            if (sent - received - givenUp + perBatch <= (long) BATCHES_IN_FLIGHT * perBatch) {
                from.send(transmit);
                sent += perBatch;
            }
        }

        void receive() throws IOException {
            int got = to.receive(batch);
            if (got > 0) {
                received += got;
                progressNs = System.nanoTime();
            }
        }
    }

    private final UdpSocket client;
    private final UdpSocket peer;
    private final DatagramBatch batch = UdpSocket.newBatch();
    private final Way up;
    private final Way down;

    /// @param load address of this host
    /// @param batched whether the kernel cuts one send into many datagrams
    TurnFlow(Endpoint server, IpAddress load, TurnLogin login, int payloadLength, boolean batched)
            throws IOException {
        client = open(load);
        peer = open(load);
        var session = new TurnSession(client, server, login.user(), login.password());
        var relayed = session.allocate();
        session.bind(CHANNEL, peer.local());
        int stride = ChannelData.HEADER_LENGTH + payloadLength;
        int count = batched ? Math.min(SEGMENTS_MAX, BATCH_BYTES_MAX / stride) : 1;
        var toServer = ByteBuffer.allocateDirect(count * stride);
        for (int i = 0; i < count; i++) {
            ChannelData.writeHeader(toServer, i * stride, CHANNEL, payloadLength);
        }
        up = new Way(client, peer, server, toServer, stride);
        var toRelayed = ByteBuffer.allocateDirect(count * payloadLength);
        down = new Way(peer, client, relayed, toRelayed, payloadLength);
    }

    private static UdpSocket open(IpAddress load) throws IOException {
        return UdpSocket.open(UdpConfig.server(new Endpoint(load, 0)));
    }

    /// Offers a batch each way and takes what has come.
    void turn() throws IOException {
        up.send();
        down.send();
        up.receive();
        down.receive();
    }

    void drain() throws IOException {
        up.receive();
        down.receive();
    }

    /// One datagram through the server and back.
    ///
    /// @return nanoseconds; -1 if it was lost
    long roundTripNs() throws IOException {
        long startNs = System.nanoTime();
        up.from.send(single(up));
        if (!await(peer, startNs)) {
            return -1;
        }
        down.from.send(single(down));
        return await(client, startNs) ? System.nanoTime() - startNs : -1;
    }

    private static Transmit single(Way way) {
        var one = new Transmit();
        int length = way.transmit.segmentLength();
        one.path(way.transmit.local(), way.transmit.remote());
        one.content(way.transmit.buffer(), 0, length, length, 0);
        return one;
    }

    private boolean await(UdpSocket socket, long startNs) throws IOException {
        while (socket.receive(batch) == 0) {
            if (System.nanoTime() - startNs > STALL_NS) {
                return false;
            }
            Thread.onSpinWait();
        }
        return true;
    }

    long sent() {
        return up.sent + down.sent;
    }

    long received() {
        return up.received + down.received;
    }

    @Override
    public void close() {
        client.close();
        peer.close();
    }
}
