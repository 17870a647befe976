package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.connectivity.path.Relays;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.Decoded;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.turn.Allocation;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.handshake.HandshakeGate;
import dev.gatehouse.wireguard.handshake.HandshakeIdentity;
import dev.gatehouse.wireguard.message.MessageType;
import dev.gatehouse.wireguard.message.Outcome;
import java.util.Arrays;

/// Tells datagrams apart and passes them on: relay, then ICE, then WireGuard (tunnel.md 1.3).
///
/// Data packets take a short cut that allocates nothing: runs of them for one connection are opened
/// in one call, in place, after their channel data headers were stepped over.
final class Inbound {
    private static final int DIRECT = 0;
    private static final int DONE = -1; // dropped, or meant for a TURN client
    private static final int STUN_FIRST_BYTE_MAX = 3;

    private final NodeContext context;
    private final Connections connections;
    private int[] channels = new int[64]; // per packet: DIRECT, DONE, or the channel it came on

    Inbound(NodeContext context, Connections connections) {
        this.context = context;
        this.connections = connections;
    }

    void handleDatagrams(DatagramBatch in, PlaintextSink sink, long nowNs) {
        var packets = in.packets();
        unwrap(in, nowNs);
        int i = 0;
        while (i < packets.count()) {
            if (channels[i] == DONE) {
                i++;
            } else if (isData(packets, i)) {
                int run = dataRun(packets, i);
                handleData(packets, i, run, sink, nowNs);
                i += run;
            } else {
                handleControl(in, i, nowNs);
                i++;
            }
        }
    }

    /// Steps over channel data headers, hands TURN messages to their client.
    private void unwrap(DatagramBatch in, long nowNs) {
        var packets = in.packets();
        if (channels.length < packets.count()) {
            channels = new int[packets.packetsMax()];
        }
        Arrays.fill(channels, 0, packets.count(), DIRECT);
        boolean isFromRelayPort = in.remote().port() == Relays.RELAY_PORT;
        var relay = isFromRelayPort ? context.relays().byServer(in.remote()) : null;
        for (int i = 0; i < packets.count(); i++) {
            int length = packets.length(i);
            if (length < 1 || length > Node.DATAGRAM_LENGTH_MAX) {
                drop(i, length < 1 ? DropReason.UNKNOWN_PROTOCOL : DropReason.OVERSIZED);
            } else if (isFromRelayPort) {
                handleFromRelayPort(in, i, relay, nowNs);
            }
        }
    }

    private void handleFromRelayPort(DatagramBatch in, int i, Allocation relay, long nowNs) {
        var packets = in.packets();
        int offset = packets.offset(i);
        int first = Byte.toUnsignedInt(packets.buffer().get(offset));
        boolean isForeign = relay == null && !context.relays().isOrWasRelay(in.remote().address());
        if (isForeign) {
            return; // a peer may sit behind a NAT that chose this port
        }
        if (ChannelData.isChannelData((byte) first)) {
            stepOverHeader(packets, i, relay, nowNs);
        } else if (first <= STUN_FIRST_BYTE_MAX
                && StunMessage.decode(packets.buffer(), offset, packets.length(i))
                        instanceof StunMessage message) {
            channels[i] = DONE;
            if (relay == null) {
                context.drops().count(DropReason.RELAY_MESSAGE_UNEXPECTED);
            } else {
                relay.handleMessage(message, in.local(), in.remote(), nowNs);
            }
        }
    }

    private void stepOverHeader(PacketBatch packets, int i, Allocation relay, long nowNs) {
        int offset = packets.offset(i);
        int payloadLength = packets.length(i) - ChannelData.HEADER_LENGTH;
        boolean isExact =
                payloadLength >= 0
                        && ChannelData.payloadLength(packets.buffer(), offset) == payloadLength;
        if (!isExact) {
            return;
        }
        int channel = ChannelData.channel(packets.buffer(), offset);
        if (payloadLength == 0 || relay == null || relay.receiveOn(channel, nowNs) == null) {
            drop(i, DropReason.CHANNEL_UNKNOWN);
            return;
        }
        channels[i] = channel;
        packets.set(i, offset + ChannelData.HEADER_LENGTH, payloadLength);
    }

    private void drop(int i, DropReason reason) {
        channels[i] = DONE;
        context.drops().count(reason);
    }

    private static boolean isData(PacketBatch packets, int i) {
        return MessageType.of(packets.buffer(), packets.offset(i), packets.length(i))
                == MessageType.DATA;
    }

    /// How many packets from `from` on are data for the same connection.
    private int dataRun(PacketBatch packets, int from) {
        int connectionId = MessageType.connectionId(packets.buffer(), packets.offset(from));
        int i = from + 1;
        while (i < packets.count()
                && channels[i] != DONE
                && isData(packets, i)
                && MessageType.connectionId(packets.buffer(), packets.offset(i)) == connectionId) {
            i++;
        }
        return i - from;
    }

    private void handleData(
            PacketBatch packets, int from, int count, PlaintextSink sink, long nowNs) {
        int id = MessageType.connectionId(packets.buffer(), packets.offset(from));
        var connection = connections.byConnectionId(id);
        if (connection == null) {
            context.drops().count(unknownSession(id, nowNs), count);
            return;
        }
        int opened = connection.open(packets, from, count, nowNs);
        connections.settled(connection);
        for (int i = from; i < from + count; i++) {
            if (packets.length(i) < 0) {
                context.drops().count(DropReason.DECRYPTION_FAILED);
            }
        }
        if (opened > 0) {
            sink.handlePlaintexts(connection.peerId(), packets, from, count, nowNs);
        }
    }

    private DropReason unknownSession(int connectionId, long nowNs) {
        return connections.wasClosedLately(connectionId, nowNs)
                ? DropReason.SESSION_CLOSED
                : DropReason.SESSION_UNKNOWN;
    }

    private void handleControl(DatagramBatch in, int i, long nowNs) {
        var packets = in.packets();
        var decoded = StunMessage.decode(packets.buffer(), packets.offset(i), packets.length(i));
        if (decoded instanceof StunMessage message) {
            handleIce(in, i, message, nowNs);
            return;
        }
        assert decoded instanceof Decoded.Rejected;
        int type = MessageType.of(packets.buffer(), packets.offset(i), packets.length(i));
        switch (type) {
            case MessageType.INITIATION, MessageType.RESPONSE -> {
                if (isAdmitted(in, i, nowNs)) {
                    handleHandshake(packets, i, type, nowNs);
                }
            }
            case MessageType.COOKIE_REPLY -> handleHandshake(packets, i, type, nowNs);
            default -> context.drops().count(DropReason.UNKNOWN_PROTOCOL);
        }
    }

    private void handleIce(DatagramBatch in, int i, StunMessage message, long nowNs) {
        var connection = connections.accepting(message);
        if (connection.isEmpty()) {
            context.drops().count(DropReason.ICE_NOT_ACCEPTED);
            return;
        }
        var local = in.local();
        var remote = in.remote();
        if (channels[i] != DIRECT) {
            var relay = context.relays().byServer(in.remote());
            remote = relay.receiveOn(channels[i], nowNs);
            local = remote == null ? null : relay.relayedFor(remote);
        }
        if (local != null) {
            connection.get().handleStun(message, local, remote, nowNs);
            connections.settled(connection.get());
        }
    }

    /// Answers with a cookie on the path of arrival: the sender is not known at this point, and
    /// finding out is the expensive work that cookies are there to avoid.
    private boolean isAdmitted(DatagramBatch in, int i, long nowNs) {
        var packets = in.packets();
        var source = source(in, i, nowNs);
        var verdict =
                context.gate()
                        .admit(
                                packets.buffer(),
                                packets.offset(i),
                                packets.length(i),
                                source.address(),
                                context.peerAddresses().contains(source.address()),
                                nowNs);
        return switch (verdict) {
            case HandshakeGate.Decision.OK -> true;
            case HandshakeGate.Decision.DROP -> {
                context.drops().count(DropReason.HANDSHAKE_REFUSED);
                yield false;
            }
            case HandshakeGate.Decision.EXCESS -> {
                context.drops().count(DropReason.HANDSHAKE_EXCESS);
                yield false;
            }
            case HandshakeGate.CookieReply reply -> {
                context.drops().count(DropReason.HANDSHAKE_REFUSED);
                sendCookie(in, i, reply.datagram(), nowNs);
                yield false;
            }
        };
    }

    private Endpoint source(DatagramBatch in, int i, long nowNs) {
        if (channels[i] == DIRECT) {
            return in.remote();
        }
        var peer = context.relays().byServer(in.remote()).receiveOn(channels[i], nowNs);
        return peer == null ? in.remote() : peer;
    }

    private void sendCookie(DatagramBatch in, int i, byte[] cookie, long nowNs) {
        if (channels[i] == DIRECT) {
            context.outbox().control(in.local(), in.remote(), cookie);
        } else {
            var relay = context.relays().byServer(in.remote());
            context.relays().send(relay, source(in, i, nowNs), cookie, nowNs);
        }
    }

    private void handleHandshake(PacketBatch packets, int i, int type, long nowNs) {
        var buffer = packets.buffer();
        int offset = packets.offset(i);
        var connection =
                type == MessageType.INITIATION
                        ? initiator(packets, i)
                        : connections.byConnectionId(MessageType.connectionId(buffer, offset));
        if (connection == null) {
            int id = MessageType.connectionId(buffer, offset);
            context.drops()
                    .count(
                            type == MessageType.INITIATION
                                    ? DropReason.PEER_KEY_UNKNOWN
                                    : unknownSession(id, nowNs));
            return;
        }
        var outcome = connection.handleHandshake(buffer, offset, packets.length(i), nowNs);
        connections.settled(connection);
        if (!(outcome instanceof Outcome.Accepted)) {
            context.drops()
                    .count(
                            outcome == dev.gatehouse.wireguard.message.DropReason.TOO_OFTEN
                                    ? DropReason.HANDSHAKE_EXCESS
                                    : DropReason.HANDSHAKE_INVALID);
        }
    }

    /// The connection of the key that an initiation claims, or null.
    private Connection initiator(PacketBatch packets, int i) {
        return HandshakeIdentity.identify(
                        context.config().keyPair(), packets.buffer(), packets.offset(i))
                .map(connections::byKey)
                .orElse(null);
    }
}
