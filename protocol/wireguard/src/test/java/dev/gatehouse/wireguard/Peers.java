package dev.gatehouse.wireguard;

import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.handshake.HandshakeFields;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.message.MessageType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/// A client's and a gateway's tunnel that share nothing but keys, and short cuts to drive them.
final class Peers {
    static final long SECOND = 1_000_000_000L;
    static final long UNIX_ORIGIN_NS = 1_760_000_000L * SECOND;
    static final int CLIENT_ID = 0x123456;
    static final int GATEWAY_ID = 0xABCDEF;

    final SplittableRandom random;
    final Aead aead = Aeads.choose(Optional.empty());
    final KeyPair clientKeys;
    final KeyPair gatewayKeys;
    final PresharedKey psk;
    final WireGuardTunnel client;
    WireGuardTunnel gateway;

    Peers(long seed) {
        random = new SplittableRandom(seed);
        clientKeys = KeyPair.generate(random);
        gatewayKeys = KeyPair.generate(random);
        var secret = new byte[PresharedKey.LENGTH];
        random.nextBytes(secret);
        psk = new PresharedKey(secret);
        client =
                new WireGuardTunnel(
                        clientKeys,
                        gatewayKeys.publicKey(),
                        psk,
                        CLIENT_ID,
                        WireGuardPolicy.client(),
                        aead,
                        random,
                        UNIX_ORIGIN_NS,
                        0);
        gateway = newGateway(0);
    }

    WireGuardTunnel newGateway(long nowNs) {
        return new WireGuardTunnel(
                gatewayKeys,
                clientKeys.publicKey(),
                psk,
                GATEWAY_ID,
                WireGuardPolicy.gateway(),
                aead,
                random,
                UNIX_ORIGIN_NS,
                nowNs);
    }

    /// The client initiates, the gateway answers, the client confirms.
    void connect(long nowNs) {
        client.startHandshake(nowNs);
        exchange(nowNs);
    }

    /// Moves control datagrams both ways until none is left.
    void exchange(long nowNs) {
        boolean moved = true;
        while (moved) {
            moved = deliver(client, gateway, nowNs) | deliver(gateway, client, nowNs);
        }
    }

    boolean deliver(WireGuardTunnel from, WireGuardTunnel to, long nowNs) {
        var datagrams = controls(from);
        datagrams.forEach(datagram -> receive(to, datagram, nowNs));
        return !datagrams.isEmpty();
    }

    static List<byte[]> controls(WireGuardTunnel tunnel) {
        var datagrams = new ArrayList<byte[]>();
        for (var next = tunnel.pollControl(); next != null; next = tunnel.pollControl()) {
            datagrams.add(next);
        }
        return datagrams;
    }

    static List<TunnelEvent> events(WireGuardTunnel tunnel) {
        var events = new ArrayList<TunnelEvent>();
        for (var next = tunnel.pollEvent(); next != null; next = tunnel.pollEvent()) {
            events.add(next);
        }
        return events;
    }

    static int type(byte[] datagram) {
        return MessageType.of(ByteBuffer.wrap(datagram), 0, datagram.length);
    }

    static List<Integer> types(List<byte[]> datagrams) {
        return datagrams.stream().map(Peers::type).toList();
    }

    /// What came out of one datagram: the packet, an empty array for a keepalive, or nothing.
    static Optional<byte[]> receive(WireGuardTunnel tunnel, byte[] datagram, long nowNs) {
        var buffer = ByteBuffer.allocateDirect(datagram.length);
        buffer.put(0, datagram);
        int type = type(datagram);
        if (type != MessageType.DATA && type != MessageType.NONE) {
            tunnel.handleHandshake(buffer, 0, datagram.length, nowNs);
            return Optional.empty();
        }
        var batch = new PacketBatch(buffer, 1);
        batch.add(0, datagram.length, 0);
        tunnel.open(batch, 0, 1, nowNs);
        return batch.length(0) < 0
                ? Optional.empty()
                : Optional.of(HandshakeFields.copy(buffer, batch.offset(0), batch.length(0)));
    }

    /// Empty without a usable session.
    static Optional<byte[]> seal(WireGuardTunnel tunnel, byte[] packet, long nowNs) {
        var in = PacketBatch.allocate(packet.length, 1);
        in.buffer().put(0, packet);
        in.add(0, packet.length, 0);
        var out = new SealedBatch(ByteBuffer.allocateDirect(packet.length + 64), 1);
        out.reset(0, 0);
        int bytes = tunnel.seal(in, 0, 1, out, nowNs);
        return bytes == 0
                ? Optional.empty()
                : Optional.of(HandshakeFields.copy(out.buffer(), out.offset(0), out.length(0)));
    }

    /// An IPv4 packet of `length` bytes, at least 20, with `mark` in its last byte.
    static byte[] packet(int length, int mark) {
        var packet = new byte[length];
        packet[0] = 0x45;
        packet[2] = (byte) (length >> 8);
        packet[3] = (byte) length;
        packet[length - 1] = (byte) mark;
        return packet;
    }
}
