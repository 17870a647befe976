package dev.gatehouse.systemtests.site;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;

/// Either end of a transfer whose content is checked: big files over TCP, UDP datagrams of every
/// size. A program of its own, as it runs on several simulated machines.
public final class TransferEnd {
    private static final int PORT = 5201;
    private static final int PIECE_LENGTH = 1 << 20;
    private static final int HASH_LENGTH = 32;
    private static final int UDP_LENGTH_MAX = 1_252; // 1,280 with the headers of IPv4
    private static final int UDP_WINDOW = 24; // in flight; small enough for any socket's buffer
    private static final int UDP_WAIT_MS = 5_000;

    private TransferEnd() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "serve" -> serve();
            case "up", "down" ->
                    transfer(
                            arguments[1],
                            arguments[0].equals("up"),
                            Long.parseLong(arguments[2]) << 20);
            case "udp" -> echoAllSizes(arguments[1]);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void serve() throws IOException {
        Thread.ofPlatform().daemon().start(TransferEnd::echo);
        try (var server = new ServerSocket(PORT)) {
            System.out.println("serving");
            while (true) {
                try (var socket = server.accept()) {
                    answer(socket);
                }
            }
        }
    }

    private static void answer(Socket socket) throws IOException {
        var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        boolean up = in.readBoolean();
        long length = in.readLong();
        var out = new DataOutputStream(socket.getOutputStream());
        out.write(up ? receive(in, length) : send(out, length));
    }

    private static void transfer(String host, boolean up, long length) throws IOException {
        try (var socket = new Socket(host, PORT)) {
            var out = new DataOutputStream(socket.getOutputStream());
            out.writeBoolean(up);
            out.writeLong(length);
            var in = new DataInputStream(socket.getInputStream());
            long beganNs = System.nanoTime();
            var ours = up ? send(out, length) : receive(in, length);
            var theirs = in.readNBytes(HASH_LENGTH);
            double seconds = (System.nanoTime() - beganNs) / 1e9;
            if (!Arrays.equals(ours, theirs)) {
                throw new IllegalStateException("what arrived is not what was sent");
            }
            var hash = HexFormat.of().formatHex(ours);
            System.out.printf("%.2f Gbit/s, SHA-256 %s%n", length * 8e-9 / seconds, hash);
        }
    }

    private static byte[] send(DataOutputStream out, long length) throws IOException {
        var hash = sha256();
        var piece = new byte[PIECE_LENGTH];
        new SplittableRandom(length).nextBytes(piece);
        for (long sent = 0; sent < length; sent += PIECE_LENGTH) {
            ByteBuffer.wrap(piece).putLong(0, sent); // no two pieces are equal
            hash.update(piece);
            out.write(piece);
        }
        return hash.digest();
    }

    private static byte[] receive(DataInputStream in, long length) throws IOException {
        var hash = sha256();
        var piece = new byte[PIECE_LENGTH];
        for (long got = 0; got < length; got += PIECE_LENGTH) {
            in.readFully(piece);
            hash.update(piece);
        }
        return hash.digest();
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void echo() {
        try (var socket = new DatagramSocket(PORT)) {
            var packet = new DatagramPacket(new byte[UDP_LENGTH_MAX], UDP_LENGTH_MAX);
            while (true) {
                packet.setLength(UDP_LENGTH_MAX);
                socket.receive(packet);
                socket.send(packet);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Bursts of sizes up to the MTU, so that the packets of one travel together. All must return.
    private static void echoAllSizes(String host) throws IOException {
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(host), PORT));
            socket.setSoTimeout(UDP_WAIT_MS);
            int max = host.contains(":") ? UDP_LENGTH_MAX - 20 : UDP_LENGTH_MAX;
            for (int length = max; length > 0; length -= length > max - 8 ? 1 : 7) {
                burst(socket, length);
            }
        }
        System.out.println("all came back");
    }

    private static void burst(DatagramSocket socket, int length) throws IOException {
        for (int i = 0; i < UDP_WINDOW; i++) {
            socket.send(new DatagramPacket(content(length, i), length));
        }
        var back = new DatagramPacket(new byte[UDP_LENGTH_MAX + 1], UDP_LENGTH_MAX + 1);
        for (int i = 0; i < UDP_WINDOW; i++) {
            back.setLength(UDP_LENGTH_MAX + 1);
            try {
                socket.receive(back);
            } catch (SocketTimeoutException e) {
                throw new IOException("%d bytes, number %d: lost".formatted(length, i), e);
            }
            var got = Arrays.copyOf(back.getData(), back.getLength());
            if (!Arrays.equals(got, content(length, i))) {
                throw new IllegalStateException("%d bytes, number %d".formatted(length, i));
            }
        }
    }

    private static byte[] content(int length, int number) {
        var content = new byte[length];
        new SplittableRandom(length * 1_000L + number).nextBytes(content);
        return content;
    }
}
