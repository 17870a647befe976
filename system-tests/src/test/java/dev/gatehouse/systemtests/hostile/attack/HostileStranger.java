package dev.gatehouse.systemtests.hostile.attack;

import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.systemtests.hostile.attack.Input.Effort;
import dev.gatehouse.systemtests.hostile.site.Place;
import dev.gatehouse.wireguard.key.PublicKey;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import org.bouncycastle.crypto.digests.Blake2sDigest;

/// Somebody on the network with no token: has many addresses, reaches every port, and knows the
/// gateway's public key.
final class HostileStranger implements Attacker.Role {
    private static final int SOCKETS = 64;
    private static final int HELD_MAX = 6_000; // connections
    private static final int CONNECT_MS = 500;
    private static final int DATAGRAMS = 12_000; // in one input: a flood of messages, not of bits
    private static final int CONNECTIONS = 3_000;
    private static final int DATAGRAM_LENGTH_MAX = 1_400;

    private static final int INITIATION_LENGTH = 148;
    private static final int MAC1_AT = 116;
    private static final int MAC_LENGTH = 16;

    private static final List<SocketAddress> HTTP_SERVERS =
            List.of(
                    new InetSocketAddress(Place.PORTAL, Place.PORTAL_PORT),
                    new InetSocketAddress(Place.PORTAL, Place.PROBES),
                    new InetSocketAddress(Place.GATEWAY, Place.PROBES));
    private static final SocketAddress TUNNEL =
            new InetSocketAddress(Place.GATEWAY, Place.TUNNEL_PORT);
    private static final SocketAddress RELAY =
            new InetSocketAddress(Place.PORTAL, Place.RELAY_PORT);

    private final byte[] mac1Key;
    private final List<DatagramSocket> sockets = new ArrayList<>();
    private final Queue<Socket> held = new ArrayDeque<>();
    private int number; // of connections

    private HostileStranger(PublicKey gateway) {
        var hash = new Blake2sDigest(null, 32, null, null);
        hash.update("mac1----".getBytes(StandardCharsets.US_ASCII), 0, 8);
        var key = Base64.getDecoder().decode(gateway.toBase64());
        hash.update(key, 0, key.length);
        mac1Key = new byte[32];
        hash.doFinal(mac1Key, 0);
    }

    static HostileStranger arrive() throws IOException {
        try (var client = HostileClient.logIn()) {
            var stranger = new HostileStranger(client.gatewayKey());
            for (int i = 0; i < SOCKETS; i++) {
                var local = new InetSocketAddress(address(i), 0);
                stranger.sockets.add(new DatagramSocket(local));
            }
            return stranger;
        }
    }

    /// One of its many addresses.
    private static InetAddress address(int number) throws IOException {
        return InetAddress.getByName(Place.STRANGERS + (128 + number % 100));
    }

    @Override
    public List<Input> inputs() {
        return List.of(
                new Input("half-requests", e -> open(e, "GET /heal")),
                new Input("idle-connections", e -> open(e, "")),
                new Input("endless-headers", e -> open(e, header())),
                new Input("bad-requests", e -> open(e, "\u0000\u0001\u0016 / \r\n\r\n".repeat(9))),
                new Input("bad-tokens", this::badTokens),
                new Input("handshakes-without-mac", e -> flood(e, TUNNEL, i -> initiation(e))),
                new Input("handshakes-with-mac", e -> flood(e, TUNNEL, i -> signed(e))),
                new Input("garbage-for-gateway", e -> flood(e, TUNNEL, i -> garbage(e))),
                new Input("stun-for-gateway", e -> flood(e, TUNNEL, i -> stun(e, i))),
                new Input("garbage-for-relay", e -> flood(e, RELAY, i -> garbage(e))),
                new Input("stun-for-relay", e -> flood(e, RELAY, i -> stun(e, i))));
    }

    private static String header() {
        return "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(7_000);
    }

    /// Connections to all servers in turn, which stay open until others take their places.
    private void open(Effort effort, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int refused = 0;
        for (int i = 0; effort.goesOn(i, CONNECTIONS); i++) {
            try {
                hold(HTTP_SERVERS.get(i % HTTP_SERVERS.size()), bytes);
            } catch (IOException _) {
                refused++;
            }
        }
        if (refused > 0) {
            throw new IOException("connections refused");
        }
    }

    private void hold(SocketAddress server, byte[] text) throws IOException {
        if (held.size() >= HELD_MAX) {
            held.remove().close();
        }
        var socket = new Socket();
        held.add(socket);
        socket.bind(new InetSocketAddress(address(number++), 0));
        socket.connect(server, CONNECT_MS);
        socket.getOutputStream().write(text);
    }

    private void badTokens(Effort effort) throws IOException {
        for (int i = 0; effort.goesOn(i, CONNECTIONS); i++) {
            var id = UUID.randomUUID().toString();
            var request = RawChannel.request(RawChannel.Kind.CLIENT, "." + id + ".no", id, "none");
            hold(HTTP_SERVERS.getFirst(), request);
        }
    }

    /// Makes the datagram of a number.
    private interface Datagrams {
        byte[] of(int number);
    }

    private void flood(Effort effort, SocketAddress to, Datagrams datagrams) throws IOException {
        for (int i = 0; effort.goesOn(i, DATAGRAMS); i++) {
            effort.keepPace(i);
            var bytes = datagrams.of(i);
            sockets.get(i % SOCKETS).send(new DatagramPacket(bytes, bytes.length, to));
        }
    }

    private static byte[] garbage(Effort effort) {
        var bytes = new byte[effort.random().nextInt(DATAGRAM_LENGTH_MAX)];
        effort.random().nextBytes(bytes);
        return bytes;
    }

    /// WireGuard's first message, with nothing in it.
    private static byte[] initiation(Effort effort) {
        var bytes = new byte[INITIATION_LENGTH];
        effort.random().nextBytes(bytes);
        bytes[0] = 1;
        bytes[1] = 0;
        bytes[2] = 0;
        bytes[3] = 0;
        return bytes;
    }

    private byte[] signed(Effort effort) {
        var bytes = initiation(effort);
        var mac = new Blake2sDigest(mac1Key, MAC_LENGTH, null, null);
        mac.update(bytes, 0, MAC1_AT);
        mac.doFinal(bytes, MAC1_AT);
        return bytes;
    }

    private static byte[] stun(Effort effort, int number) {
        int method = number % 2 == 0 ? StunMethods.BINDING : StunMethods.ALLOCATE;
        var id = TransactionId.random(effort.random());
        return new StunWriter(MessageClass.REQUEST, method, id)
                .username("abcd:efgh")
                .requestedTransportUdp()
                .buildSignedWithFingerprint(new byte[16]);
    }

    @Override
    public void close() throws IOException {
        for (var socket : held) {
            socket.close();
        }
        sockets.forEach(DatagramSocket::close);
    }
}
