package dev.gatehouse.systemtests.hostile.attack;

import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A TCP connection over IPv4 that sends one request over and over and takes no answer: what comes
/// is never acknowledged (RFC 9293).
final class TinyTcp {
    private static final int SEGMENT_LENGTH = 1_200;
    private static final int WINDOW = 0xFFFF; // ours, and of the other end: no scale is asked for
    private static final int HEADER_LENGTH = 20;
    private static final int V4_HEADER_LENGTH = 20;
    private static final long WAIT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long LOOK_EVERY_NS = 100_000;
    private static final long RESEND_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final HostileClient client;
    private final Endpoint local;
    private final Endpoint remote;
    private final byte[] request;
    private volatile long acknowledged; // bytes of ours
    private volatile int window = 1;
    private volatile int remoteSequence = -1;
    private volatile boolean isReset;
    private long sent;
    private long resentNs;

    TinyTcp(HostileClient client, Endpoint local, Endpoint remote, byte[] request) {
        this.client = client;
        this.local = local;
        this.remote = remote;
        this.request = request;
    }

    /// @throws IOException if nobody answers
    void connect() throws IOException {
        segment(-1, IpPacket.TCP_SYN, new byte[0]);
        long untilNs = System.nanoTime() + WAIT_NS;
        while (remoteSequence == -1) {
            if (isReset || System.nanoTime() > untilNs) {
                throw new IOException("no connection");
            }
            LockSupport.parkNanos(LOOK_EVERY_NS);
        }
        segment(0, ACK, new byte[0]);
    }

    private static final int ACK = 0x10;

    /// Sends the next segment, or an earlier one again, or nothing while the window is full.
    ///
    /// @return false once the other end has had enough
    boolean push() throws IOException {
        if (isReset) {
            return false;
        }
        if (sent - acknowledged + SEGMENT_LENGTH <= window) {
            segment(sent, ACK, content(sent));
            sent += SEGMENT_LENGTH;
        } else if (System.nanoTime() - resentNs > RESEND_NS) {
            resentNs = System.nanoTime();
            segment(acknowledged, ACK, content(acknowledged));
        } else {
            LockSupport.parkNanos(LOOK_EVERY_NS);
        }
        return true;
    }

    private byte[] content(long from) {
        var content = new byte[SEGMENT_LENGTH];
        for (int i = 0; i < content.length; i++) {
            content[i] = request[(int) ((from + i) % request.length)];
        }
        return content;
    }

    /// @param at which byte is the first; -1 is that of the SYN
    private void segment(long at, int flags, byte[] content) throws IOException {
        var l4 = ByteBuffer.allocate(HEADER_LENGTH + content.length);
        l4.putShort((short) local.port()).putShort((short) remote.port());
        l4.putInt((int) (at + 1)).putInt(at < 0 ? 0 : remoteSequence + 1);
        l4.put((byte) 0x50).put((byte) flags).putShort((short) WINDOW).putInt(0).put(content);
        client.send(Packets.ip(local.address(), remote.address(), IpProtocol.TCP, l4.array()));
    }

    /// Takes a packet that may be for this connection.
    void handle(byte[] packet) {
        var in = ByteBuffer.wrap(packet);
        if (packet.length < V4_HEADER_LENGTH + HEADER_LENGTH
                || packet[0] >> 4 != 4
                || packet[9] != IpProtocol.TCP
                || Short.toUnsignedInt(in.getShort(V4_HEADER_LENGTH + 2)) != local.port()) {
            return;
        }
        int flags = packet[V4_HEADER_LENGTH + 13];
        if ((flags & IpPacket.TCP_RST) != 0) {
            isReset = true;
        }
        window = Short.toUnsignedInt(in.getShort(V4_HEADER_LENGTH + 14));
        if ((flags & IpPacket.TCP_SYN) != 0) {
            remoteSequence = in.getInt(V4_HEADER_LENGTH + 4);
        }
        long ahead = in.getInt(V4_HEADER_LENGTH + 8) - 1 - (int) acknowledged;
        acknowledged += Math.max(0, (int) ahead);
    }

    void reset() throws IOException {
        segment(sent, IpPacket.TCP_RST, new byte[0]);
    }
}
