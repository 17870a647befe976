package dev.gatehouse.systemtests.hostile.site;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/// The resource: sends datagrams back, and over TCP as many bytes as asked for with their checksum,
/// as often as asked. A program of its own.
final class HonestServer {
    private static final int DATAGRAM_LENGTH_MAX = 2_048;
    private static final int BACKLOG = 1_024;

    private HonestServer() {}

    public static void main(String[] arguments) throws IOException {
        Thread.ofPlatform().daemon().start(HonestServer::echo);
        try (var server = new ServerSocket(Place.SERVICE, BACKLOG)) {
            System.out.println("serving");
            while (true) {
                var socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        }
    }

    private static void echo() {
        try (var socket = new DatagramSocket(Place.ECHO)) {
            var packet = new DatagramPacket(new byte[DATAGRAM_LENGTH_MAX], DATAGRAM_LENGTH_MAX);
            while (true) {
                packet.setLength(DATAGRAM_LENGTH_MAX);
                socket.receive(packet);
                if (packet.getLength() == HonestUser.PING_LENGTH) {
                    socket.send(packet);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A request is the number of bytes wanted.
    private static void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            var in = new DataInputStream(socket.getInputStream());
            var out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            while (true) {
                int length = in.readInt();
                var content = content(length);
                out.write(content);
                out.writeLong(checksum(content));
                out.flush();
            }
        } catch (IOException _) {
            // the other end has hung up, or was never honest
        }
    }

    private static byte[] content(int length) {
        var content = new byte[Math.clamp(length, 0, HonestUser.DOWNLOAD_LENGTH)];
        new SplittableRandom(System.nanoTime()).nextBytes(content);
        return content;
    }

    static long checksum(byte[] content) {
        var sum = new CRC32C();
        sum.update(content);
        return sum.getValue();
    }
}
