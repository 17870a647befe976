package dev.gatehouse.systemtests.site;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.connectivity.NodeEvent;
import dev.gatehouse.connectivity.PlaintextSink;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Ecn;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A client without a portal or a TUN device: one connection over real sockets, pings inside.
/// Belongs to one thread, which calls [#turn] again and again.
public final class TunnelClient implements AutoCloseable {
    private static final String GATEWAY = "gateway";
    private static final int PACKET_LENGTH_MAX = 1280;

    public final String id;
    public final IpAddress v4;
    public final IpAddress v6;
    public final KeyPair keys;
    public final PresharedKey psk;
    public final IceCredentials ownIce;
    public final IceCredentials gatewayIce;

    private final MonotonicClock clock = new MonotonicClock();
    private final Node node;
    private final UdpSocket socket;
    private final DatagramBatch received = UdpSocket.newBatch();
    private final PacketBatch packet =
            PacketBatch.allocate(
                    PacketBatch.HEADROOM_LENGTH + PACKET_LENGTH_MAX + PacketBatch.TAILROOM_LENGTH,
                    1);
    private final PlaintextSink sink = this::handlePlaintexts;
    private final List<String> candidates = new ArrayList<>();
    private boolean hasFailed;
    private int answered; // number of the newest ping that was

    public TunnelClient(int number) throws IOException {
        id = "22222222-2222-4222-8222-%012d".formatted(number);
        v4 = IpAddress.parse("100.64.0." + number);
        v6 = IpAddress.parse("fd00:2021:1111::" + number);
        var random = new SecureRandom();
        keys = KeyPair.generate(random);
        var secret = new byte[PresharedKey.LENGTH];
        random.nextBytes(secret);
        psk = new PresharedKey(secret);
        ownIce = new IceCredentials("client" + number, "0123456789012345678901");
        gatewayIce = new IceCredentials("gateway" + number, "1234567890123456789012");
        node =
                new Node(
                        NodeConfig.client(
                                keys, Aeads.choose(Optional.of("jdk")), clock.unixOriginNs()),
                        random);
        socket = UdpSocket.open(UdpConfig.tunnel(IpAddress.Family.IPV4, 0));
    }

    public void useRelay(RelayInfo relay) throws IOException {
        node.updateRelays(Set.of(), List.of(relay), clock.nowNs());
        settle();
    }

    public boolean hasRelay() {
        return !node.readyRelayIds().isEmpty();
    }

    public void connect(PublicKey gateway) throws IOException {
        node.upsertConnection(GATEWAY, gateway, psk, ownIce, gatewayIce, clock.nowNs());
        settle();
    }

    public void addCandidate(String sdp) throws IOException {
        node.addRemoteCandidate(GATEWAY, sdp, clock.nowNs());
        settle();
    }

    /// Candidates to signal, each once.
    public List<String> takeCandidates() {
        var taken = List.copyOf(candidates);
        candidates.clear();
        return taken;
    }

    /// Whether the connection has ever been given up.
    public boolean hasFailed() {
        return hasFailed;
    }

    /// The port of the gateway that is used now.
    public int gatewayPort() {
        return node.path(GATEWAY).orElseThrow().remote().port();
    }

    /// Whether ping `number`, or a later one, was answered.
    public boolean isAnswered(int number) {
        return answered >= number;
    }

    /// Asks `target` to answer, through the tunnel.
    public void ping(IpAddress target, int number) throws IOException {
        var buffer = packet.buffer();
        int at = PacketBatch.HEADROOM_LENGTH;
        int header = target.isV4() ? 20 : 40;
        int length = 8;
        byte[] from = (target.isV4() ? v4 : v6).toBytes();
        for (int i = 0; i < header + length; i++) {
            buffer.put(at + i, (byte) 0);
        }
        if (target.isV4()) {
            buffer.put(at, (byte) 0x45).putShort(at + 2, (short) (header + length));
            buffer.put(at + 8, (byte) 64).put(at + 9, (byte) 1);
            buffer.put(at + 12, from).put(at + 16, target.toBytes());
            buffer.putShort(at + 10, (short) Checksums.ipv4Header(buffer, at, header));
            buffer.put(at + header, (byte) 8);
        } else {
            buffer.put(at, (byte) 0x60).putShort(at + 4, (short) length);
            buffer.put(at + 6, (byte) 58).put(at + 7, (byte) 64);
            buffer.put(at + 8, from).put(at + 24, target.toBytes());
            buffer.put(at + header, (byte) 128);
        }
        buffer.putInt(at + header + 4, number);
        long pseudo = target.isV4() ? 0 : Checksums.pseudoHeader(buffer, at, 58, length);
        long sum = pseudo + Checksums.sum(buffer, at + header, length);
        buffer.putShort(at + header + 2, (short) Checksums.finish(sum));
        packet.clear();
        packet.add(at, header + length, Ecn.NOT_ECT);
        node.encapsulate(GATEWAY, packet, 0, 1, clock.nowNs());
        settle();
    }

    private void handlePlaintexts(
            String peerId, PacketBatch packets, int from, int count, long nowNs) {
        for (int i = from; i < from + count; i++) {
            int at = packets.offset(i);
            boolean isV4 = packets.length(i) > 0 && packets.buffer().get(at) >> 4 == 4;
            int icmp = at + (isV4 ? 20 : 40);
            int reply = isV4 ? 0 : 129;
            if (packets.length(i) >= (isV4 ? 28 : 48)
                    && Byte.toUnsignedInt(packets.buffer().get(icmp)) == reply) {
                answered = Math.max(answered, packets.buffer().getInt(icmp + 4));
            }
        }
    }

    /// Takes what has arrived and does what is due; never waits.
    public void turn() throws IOException {
        while (socket.receive(received) > 0) {
            node.handleDatagrams(received, sink, clock.nowNs());
            settle();
        }
        if (clock.nowNs() >= node.pollTimeout()) {
            node.handleTimeout(clock.nowNs());
            settle();
        }
    }

    private void settle() throws IOException {
        for (var out = node.pollTransmit(); out != null; out = node.pollTransmit()) {
            if (out.remote().isV4()) {
                socket.send(out);
            }
        }
        for (var event = node.pollEvent(); event != null; event = node.pollEvent()) {
            switch (event) {
                case NodeEvent.LocalCandidate(_, var sdp) -> candidates.add(sdp);
                case NodeEvent.Failed _ -> hasFailed = true;
                case NodeEvent.LocalCandidateGone _,
                        NodeEvent.Connected _,
                        NodeEvent.PathChanged _,
                        NodeEvent.RelayReady _,
                        NodeEvent.LongDatagramsLost _,
                        NodeEvent.NoRelays _ -> {}
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
