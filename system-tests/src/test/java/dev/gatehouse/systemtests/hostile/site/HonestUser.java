package dev.gatehouse.systemtests.hostile.site;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.concurrent.locks.LockSupport;

/// Somebody at work on the honest client's machine: tells how long each thing took, one a line,
/// until it is ended. A program of its own.
///
/// ```
/// KIND BEGAN_NS TOOK_NS     done; nanoseconds of the machine's monotonic clock
/// failed KIND BEGAN_NS WHY  not done
/// ```
final class HonestUser {
    static final int PING_LENGTH = 64;
    static final int DOWNLOAD_LENGTH = 1 << 20;

    private static final long PING_EVERY_NS = 20_000_000;
    private static final int PAUSE_MS = 400;
    private static final int KEPT_PAUSE_MS = 50;
    private static final int GIVE_UP_MS = 30_000;
    private static final int DNS_PORT = 53;
    private static final int DNS_WAIT_MS = 2_000; // as libraries ask again

    private static final HexFormat HEX = HexFormat.of();

    private HonestUser() {}

    /// One thing done once.
    private interface Deed {
        /// @param number how many came before
        void run(int number) throws IOException;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0) {
            call(InetAddress.getByName(arguments[0]));
            return;
        }
        Thread.ofPlatform().start(HonestUser::ping);
        Thread.ofPlatform().start(HonestUser::keep);
        repeat("download", _ -> ask(Place.RESOURCE, DOWNLOAD_LENGTH));
        repeat("flow", n -> ask(Place.single(n), 1));
        repeat("name", n -> ask(resolve(Place.name(n)), 1));
        repeat("portal", _ -> probe("http://%s:%d/healthz", Place.PORTAL, Place.PORTAL_PORT));
    }

    private static void repeat(String kind, Deed deed) {
        Thread.ofPlatform().name(kind).start(() -> repeatHere(kind, deed));
    }

    private static void repeatHere(String kind, Deed deed) {
        for (int number = 0; ; number++) {
            long beganNs = System.nanoTime();
            try {
                deed.run(number);
                tell(kind, beganNs, System.nanoTime());
            } catch (IOException e) {
                System.out.println("failed " + kind + " " + beganNs + " " + e);
            }
            pause(PAUSE_MS);
        }
    }

    private static void tell(String kind, long beganNs, long endedNs) {
        System.out.println(kind + " " + beganNs + " " + (endedNs - beganNs));
    }

    private static void pause(int ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A ping that is never answered is not told; whoever reads counts.
    private static void ping() {
        try (var socket = new DatagramSocket()) {
            socket.connect(InetAddress.getByName(Place.RESOURCE), Place.ECHO);
            Thread.ofPlatform().daemon().start(() -> hearAnswers(socket));
            long nextNs = System.nanoTime();
            while (true) {
                long nowNs = System.nanoTime();
                System.out.println("sent " + nowNs + " 0");
                var payload = ByteBuffer.allocate(PING_LENGTH).putLong(nowNs).array();
                send(socket, payload);
                nextNs = Math.max(nextNs + PING_EVERY_NS, nowNs);
                LockSupport.parkNanos(nextNs - System.nanoTime());
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /// An ICMP error of an earlier ping may come up here.
    private static void send(DatagramSocket socket, byte[] payload) {
        try {
            socket.send(new DatagramPacket(payload, payload.length));
        } catch (IOException _) {
            // that ping stays unanswered
        }
    }

    private static void hearAnswers(DatagramSocket socket) {
        var packet = new DatagramPacket(new byte[PING_LENGTH], PING_LENGTH);
        while (true) {
            try {
                socket.receive(packet);
                tell("ping", ByteBuffer.wrap(packet.getData()).getLong(), System.nanoTime());
            } catch (IOException _) {
                // as for sending
            }
        }
    }

    /// One connection for as long as all this lasts.
    private static void keep() {
        try (var socket = connect(Place.RESOURCE)) {
            while (true) {
                long beganNs = System.nanoTime();
                ask(socket, 1);
                tell("kept", beganNs, System.nanoTime());
                pause(KEPT_PAUSE_MS);
            }
        } catch (IOException e) {
            System.out.println("failed kept " + System.nanoTime() + " " + e);
        }
    }

    private static Socket connect(String host) throws IOException {
        var socket = new Socket();
        socket.connect(new InetSocketAddress(host, Place.SERVICE), GIVE_UP_MS);
        socket.setSoTimeout(GIVE_UP_MS);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static void ask(String host, int length) throws IOException {
        try (var socket = connect(host)) {
            ask(socket, length);
        }
    }

    private static void ask(Socket socket, int length) throws IOException {
        new DataOutputStream(socket.getOutputStream()).writeInt(length);
        var in = new DataInputStream(socket.getInputStream());
        var content = in.readNBytes(length);
        if (in.readLong() != HonestServer.checksum(content)) {
            throw new IllegalStateException("what arrived is not what was sent");
        }
    }

    private static void probe(String format, String host, int port) throws IOException {
        var url = URI.create(format.formatted(host, port)).toURL();
        var connection = (HttpURLConnection) url.openConnection();
        connection.setConnectTimeout(GIVE_UP_MS);
        connection.setReadTimeout(GIVE_UP_MS);
        if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
            throw new IOException("status " + connection.getResponseCode());
        }
        connection.getInputStream().readAllBytes();
        connection.disconnect();
    }

    /// The first IPv4 address that the client's DNS server says.
    private static String resolve(String name) throws IOException {
        var question = DnsWriter.question((int) System.nanoTime() & 0xFFFF, name, DnsWriter.A);
        long untilNs = System.nanoTime() + GIVE_UP_MS * 1_000_000L;
        try (var socket = new DatagramSocket()) {
            socket.connect(InetAddress.getByName(Place.STUB), DNS_PORT);
            socket.setSoTimeout(DNS_WAIT_MS);
            var packet = new DatagramPacket(new byte[4_096], 4_096);
            while (System.nanoTime() < untilNs) {
                socket.send(new DatagramPacket(question, question.length));
                try {
                    socket.receive(packet);
                    return firstAddress(packet.getData(), question.length, packet.getLength());
                } catch (java.net.SocketTimeoutException _) {
                    // asks again
                }
            }
        }
        throw new IOException("no answer");
    }

    /// @param at where the first record begins, whose name is a pointer
    private static String firstAddress(byte[] answer, int at, int length) throws IOException {
        if (length < at + 16) {
            throw new IOException("no address: " + HEX.formatHex(answer, 0, length));
        }
        return InetAddress.getByAddress(java.util.Arrays.copyOfRange(answer, at + 12, at + 16))
                .getHostAddress();
    }

    /// Sends datagrams somewhere and heeds no answer.
    private static void call(InetAddress host) throws IOException {
        try (var socket = new DatagramSocket()) {
            while (true) {
                try {
                    socket.send(new DatagramPacket(new byte[1], 1, host, Place.ECHO));
                } catch (IOException _) {
                    // whoever is there may say what it likes
                }
                pause(KEPT_PAUSE_MS);
            }
        }
    }
}
