package dev.gatehouse.systemtests.site;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Either end of an exchange of datagrams that no device on the way takes whole. A program of its
/// own, as it runs on several simulated machines.
public final class LargeDatagrams {
    private static final int PORT = 5300;
    private static final int[] LENGTHS = {1_300, 2_048, 4_096, 9_000, 20_000};
    private static final int TRIES = 8; // the first ones tell the hosts what the path takes
    private static final int WAIT_MS = 2_000;

    private LargeDatagrams() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("serve")) {
            serve();
        } else {
            exchange(arguments[1]);
        }
    }

    private static void serve() throws IOException {
        try (var socket = new DatagramSocket(PORT)) {
            System.out.println("serving");
            var packet = new DatagramPacket(new byte[0xFFFF], 0xFFFF);
            while (true) {
                packet.setLength(0xFFFF);
                socket.receive(packet);
                socket.send(packet);
            }
        }
    }

    private static void exchange(String host) throws IOException {
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(host), PORT));
            socket.setSoTimeout(WAIT_MS);
            for (int length : LENGTHS) {
                exchange(socket, length);
            }
        }
        System.out.println("all came back");
    }

    private static void exchange(DatagramSocket socket, int length) throws IOException {
        var content = new byte[length];
        new SplittableRandom(length).nextBytes(content);
        for (int i = 0; i < TRIES; i++) {
            socket.send(new DatagramPacket(content, length));
            var back = new DatagramPacket(new byte[0xFFFF], 0xFFFF);
            try {
                socket.receive(back);
                if (Arrays.equals(Arrays.copyOf(back.getData(), back.getLength()), content)) {
                    return;
                }
            } catch (SocketTimeoutException e) {
                System.out.println(length + " bytes are lost, again");
            }
        }
        throw new IOException(length + " bytes do not come back");
    }
}
