package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Either end of a UDP flow at a steady rate: a program of its own on a simulated machine.
///
/// The sender makes one system call a datagram and sleeps between small bursts, as programs do that
/// know nothing of segmentation offload; the sink takes them one by one, with a buffer that
/// outlasts its own waits, so that what is lost was lost on the way.
final class UdpLoad {
    static final int PORT = 5202;

    private static final int BUFFER_BYTES = 8 << 20;
    private static final int NUMBER_OFFSET = 0; // i64: of the run, 0 asks for the count
    private static final int RUN_OFFSET = 8; // i64
    private static final int QUERY_LENGTH = 16;
    private static final long BURST_NS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long WARM_UP_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long SETTLE_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long ANSWER_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long ASK_EVERY_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final UdpSocket socket;
    private final Poller poller = new Poller();
    private final DatagramBatch batch = UdpSocket.newBatch();
    private final Transmit transmit = new Transmit();

    private UdpLoad(int port) throws IOException {
        var any = new Endpoint(Endpoint.ANY_V4.address(), port);
        socket =
                UdpSocket.open(
                        UdpConfig.server(any)
                                .withBuffers(BUFFER_BYTES, 256 << 10)
                                .withOffloads(false));
        poller.add(socket.fd());
    }

    /// Arguments: `sink`, or `send` with address, payload bytes, Mbit/s and seconds.
    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("sink")) {
            var sink = new UdpLoad(PORT);
            System.out.println("listening");
            sink.count();
        } else {
            var sender = new UdpLoad(0);
            sender.send(
                    Endpoint.parse(arguments[1] + ":" + PORT),
                    Integer.parseInt(arguments[2]),
                    Double.parseDouble(arguments[3]) * 1e6,
                    TimeUnit.SECONDS.toNanos(Long.parseLong(arguments[4])));
        }
    }

    private void count() throws IOException {
        long run = 0;
        long counted = 0;
        while (true) {
            int got = socket.receive(batch);
            if (got == 0) {
                LockSupport.parkNanos(BURST_NS); // being woken for each would slow the sender
                continue;
            }
            PacketBatch packets = batch.packets();
            for (int i = 0; i < got; i++) {
                long theirs = packets.buffer().getLong(packets.offset(i) + RUN_OFFSET);
                counted = theirs == run ? counted : 0;
                run = theirs;
                if (packets.buffer().getLong(packets.offset(i) + NUMBER_OFFSET) != 0) {
                    counted++;
                } else {
                    answer(counted);
                }
            }
        }
    }

    private void answer(long counted) throws IOException {
        var content = ByteBuffer.allocateDirect(QUERY_LENGTH).putLong(NUMBER_OFFSET, counted);
        transmit.path(batch.local(), batch.remote());
        transmit.content(content, 0, QUERY_LENGTH, QUERY_LENGTH, 0);
        socket.send(transmit);
    }

    private void send(Endpoint to, int payloadBytes, double bitsPerSecond, long ns)
            throws IOException {
        transmit.path(Endpoint.ANY_V4, to);
        double nsPerDatagram = payloadBytes * 8 * 1e9 / bitsPerSecond;
        long began = System.nanoTime();
        run(began, began + WARM_UP_NS, payloadBytes, nsPerDatagram);
        LockSupport.parkNanos(SETTLE_NS);
        long run = System.nanoTime();
        long sent = run(run, run + ns, payloadBytes, nsPerDatagram);
        double seconds = (System.nanoTime() - run) / 1e9;
        LockSupport.parkNanos(SETTLE_NS);
        long arrived = ask(run);
        System.out.printf(
                "%.6f %.6f%n",
                arrived * 8e-9 * payloadBytes / seconds, Math.max(0, 1 - (double) arrived / sent));
    }

    /// Returns how many the kernel took.
    private long run(long run, long endNs, int payloadBytes, double nsPerDatagram)
            throws IOException {
        var content = ByteBuffer.allocateDirect(payloadBytes).putLong(RUN_OFFSET, run);
        transmit.content(content, 0, payloadBytes, payloadBytes, 0);
        long sent = 0;
        for (long nowNs = run; nowNs < endNs; nowNs = System.nanoTime()) {
            long due = (long) ((nowNs - run) / nsPerDatagram);
            while (sent < due && socket.flush()) {
                content.putLong(NUMBER_OFFSET, ++sent);
                socket.send(transmit);
            }
            LockSupport.parkNanos(BURST_NS);
        }
        while (!socket.flush()) {
            Thread.onSpinWait();
        }
        return sent;
    }

    private long ask(long run) throws IOException {
        long endNs = System.nanoTime() + ANSWER_NS;
        var query = ByteBuffer.allocateDirect(QUERY_LENGTH).putLong(RUN_OFFSET, run);
        transmit.content(query, 0, QUERY_LENGTH, QUERY_LENGTH, 0);
        while (System.nanoTime() < endNs) {
            socket.send(transmit);
            poller.poll(ASK_EVERY_NS);
            if (socket.receive(batch) > 0) {
                var packets = batch.packets();
                return packets.buffer().getLong(packets.offset(0) + NUMBER_OFFSET);
            }
        }
        throw new IOException("the sink does not answer");
    }
}
