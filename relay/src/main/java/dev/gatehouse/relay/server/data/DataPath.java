package dev.gatehouse.relay.server.data;

import dev.gatehouse.relay.server.allocation.ActionQueue;
import dev.gatehouse.relay.server.allocation.Allocation;
import dev.gatehouse.relay.server.allocation.Allocations;
import dev.gatehouse.relay.server.allocation.Channel;
import dev.gatehouse.relay.server.policy.PeerFilter;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.PacketBatch;
import java.nio.ByteBuffer;

/// Relays channel data in runs: consecutive packets of one channel and one length, the last of
/// which may be shorter, leave as one batch of segments. Allocates nothing per packet.
///
/// To peers the headers are cut by moving the payloads together where they lie. To clients one
/// packet gets its header into the headroom before it; several are copied into a buffer of this
/// class with a header before each. Between two clients of this relay the header is rewritten in
/// place, and nothing passes the kernel. TTL, DSCP and ECN are not carried over (relay.md 10.2).
public final class DataPath {
    private static final int HEADER_LENGTH = ChannelData.HEADER_LENGTH;
    private static final int SEGMENTS_MAX = 64;
    private static final int DATAGRAM_LENGTH_MAX = 65_507;
    private static final int OUT_BYTES = 2 << 16;

    private final RelayConfig config;
    private final Allocations allocations;
    private final PeerFilter peers;
    private final ActionQueue actions;
    private final RelayStatistics statistics;
    private final ByteBuffer out = ByteBuffer.allocateDirect(OUT_BYTES);
    private int outLength;

    public DataPath(
            RelayConfig config,
            Allocations allocations,
            PeerFilter peers,
            ActionQueue actions,
            RelayStatistics statistics) {
        this.config = config;
        this.allocations = allocations;
        this.peers = peers;
        this.actions = actions;
        this.statistics = statistics;
    }

    /// Forgets what earlier batches left in the buffer for packets to clients.
    public void handleDrained() {
        outLength = 0;
    }

    /// Relays the run of channel data at index `from`, or drops one packet.
    ///
    /// @return the index behind it
    public int relayToPeer(DatagramBatch in, int from, long nowNs) {
        var packets = in.packets();
        int payloadLength = payloadLength(packets, from);
        if (payloadLength < 0) {
            return drop(RelayCounter.DROPPED_MALFORMED_CHANNEL_DATA, from);
        }
        int number = ChannelData.channel(packets.buffer(), packets.offset(from));
        var allocation = allocations.ofClient(in.remote());
        var channel = allocation == null ? null : allocation.channel(number);
        if (channel == null || !channel.isBound(nowNs)) {
            return drop(RelayCounter.DROPPED_NO_CHANNEL, from);
        }
        int end = runEnd(packets, from, number, payloadLength);
        if (allocations.ofRelayed(channel.peer) != null) {
            relayToNeighbour(packets, from, end, channel, nowNs);
        } else if (isOurs(channel.peer) && !peers.isAllowed(channel.peer)) {
            // The neighbour is gone; what has its port is not meant.
            statistics.count(RelayCounter.DROPPED_DENIED_PEER, end - from);
        } else {
            var local = allocation.local(channel.peer.family());
            int offset = packets.offset(from) + HEADER_LENGTH;
            int length = join(packets, from, end, 0);
            int segmentLength = Math.max(1, payloadLength); // an empty datagram has no segment
            send(packets.buffer(), offset, length, segmentLength, local, channel.peer);
            countRelayed(end - from, length);
        }
        return end;
    }

    /// The length in the header; -1 if the packet is no channel data or shorter than it says. What
    /// it has beyond is padding.
    private static int payloadLength(PacketBatch packets, int i) {
        int length = packets.length(i);
        if (length < HEADER_LENGTH) {
            return -1;
        }
        int claimed = ChannelData.payloadLength(packets.buffer(), packets.offset(i));
        return claimed <= length - HEADER_LENGTH ? claimed : -1;
    }

    private static int runEnd(PacketBatch packets, int from, int number, int payloadLength) {
        int stride = HEADER_LENGTH + payloadLength;
        int most = Math.min(SEGMENTS_MAX, DATAGRAM_LENGTH_MAX / stride);
        int limit = Math.min(packets.count(), from + Math.max(1, most));
        int end = from + 1;
        int last = payloadLength;
        while (end < limit && last == payloadLength) {
            last = followerLength(packets, end, number);
            if (last <= 0 || last > payloadLength) {
                return end;
            }
            end++;
        }
        return end;
    }

    /// The payload length of packet `i` if it goes over channel `number`, else -1.
    private static int followerLength(PacketBatch packets, int i, int number) {
        int length = payloadLength(packets, i);
        boolean same =
                length >= 0 && ChannelData.channel(packets.buffer(), packets.offset(i)) == number;
        return same ? length : -1;
    }

    /// Moves the payloads of a run together behind the first one, each with the `gap` bytes before
    /// it.
    ///
    /// @return the bytes they take, without the gap before the first
    private static int join(PacketBatch packets, int from, int end, int gap) {
        var buffer = packets.buffer();
        int start = packets.offset(from) + HEADER_LENGTH;
        int to = start;
        for (int i = from; i < end; i++) {
            int payload = packets.offset(i) + HEADER_LENGTH;
            int length = ChannelData.payloadLength(buffer, packets.offset(i));
            if (payload != to) {
                buffer.put(to - gap, buffer, payload - gap, length + gap);
            }
            to += length + gap;
        }
        return to - gap - start;
    }

    private boolean isOurs(Endpoint peer) {
        var ours = config.publicAddress(peer.family());
        return ours.isPresent() && peer.address().equals(ours.get());
    }

    /// Relays from one client of this relay to another, as if the datagrams had gone out of the
    /// sender's relayed address and come in at the receiver's.
    private void relayToNeighbour(
            PacketBatch packets, int from, int end, Channel channel, long nowNs) {
        var family = channel.peer.family();
        var neighbour = allocations.ofPort(channel.peer.port());
        var back = neighbour.channelOf(channel.allocation.relayed(family));
        if (back == null || !back.isBound(nowNs)) {
            statistics.count(RelayCounter.DROPPED_UNKNOWN_PEER, end - from);
            return;
        }
        var buffer = packets.buffer();
        int offset = packets.offset(from);
        int payloadLength = ChannelData.payloadLength(buffer, offset);
        for (int i = from; i < end; i++) {
            buffer.putShort(packets.offset(i), (short) back.number);
        }
        int length = HEADER_LENGTH + join(packets, from, end, HEADER_LENGTH);
        int stride = HEADER_LENGTH + payloadLength;
        send(buffer, offset, length, stride, neighbour.listener(), neighbour.client);
        statistics.count(RelayCounter.HAIRPINNED_PACKETS, end - from);
        countRelayed(end - from, length - (end - from) * HEADER_LENGTH);
    }

    /// Relays what peers sent to the port of `allocation`.
    public void relayToClient(DatagramBatch in, Allocation allocation, long nowNs) {
        var packets = in.packets();
        var channel = allocation.channelOf(in.remote());
        if (channel == null || !channel.isBound(nowNs)) {
            statistics.count(RelayCounter.DROPPED_UNKNOWN_PEER, packets.count());
            return;
        }
        if (packets.count() == 1 && packets.offset(0) >= HEADER_LENGTH) {
            relayOneToClient(packets, channel);
            return;
        }
        for (int i = 0; i < packets.count(); ) {
            i = relayRunToClient(packets, i, channel);
        }
    }

    private void relayOneToClient(PacketBatch packets, Channel channel) {
        int payloadLength = packets.length(0);
        int length = HEADER_LENGTH + payloadLength;
        if (length > DATAGRAM_LENGTH_MAX) {
            statistics.count(RelayCounter.DROPPED_TOO_LONG, 1);
            return;
        }
        int offset = packets.offset(0) - HEADER_LENGTH;
        ChannelData.writeHeader(packets.buffer(), offset, channel.number, payloadLength);
        var allocation = channel.allocation;
        send(packets.buffer(), offset, length, length, allocation.listener(), allocation.client);
        countRelayed(1, payloadLength);
    }

    private int relayRunToClient(PacketBatch packets, int from, Channel channel) {
        int stride = HEADER_LENGTH + packets.length(from);
        if (stride > Math.min(DATAGRAM_LENGTH_MAX, OUT_BYTES - outLength)) {
            return drop(RelayCounter.DROPPED_TOO_LONG, from);
        }
        int room = Math.min(DATAGRAM_LENGTH_MAX, OUT_BYTES - outLength);
        int limit = Math.min(packets.count(), from + Math.min(SEGMENTS_MAX, room / stride));
        int start = outLength;
        int i = from;
        int last;
        do {
            last = HEADER_LENGTH + packets.length(i);
            append(packets, i, channel.number);
            i++;
        } while (i < limit && last == stride && HEADER_LENGTH + packets.length(i) <= stride);
        var allocation = channel.allocation;
        int length = outLength - start;
        send(out, start, length, stride, allocation.listener(), allocation.client);
        countRelayed(i - from, length - (i - from) * HEADER_LENGTH);
        return i;
    }

    private void append(PacketBatch packets, int i, int number) {
        int length = packets.length(i);
        ChannelData.writeHeader(out, outLength, number, length);
        out.put(outLength + HEADER_LENGTH, packets.buffer(), packets.offset(i), length);
        outLength += HEADER_LENGTH + length;
    }

    private void send(
            ByteBuffer buffer,
            int offset,
            int length,
            int segmentLength,
            Endpoint local,
            Endpoint remote) {
        var transmit = actions.addSend();
        transmit.path(local, remote);
        transmit.content(buffer, offset, length, segmentLength, 0);
    }

    private int drop(RelayCounter reason, int i) {
        statistics.count(reason, 1);
        return i + 1;
    }

    private void countRelayed(int packets, int bytes) {
        statistics.count(RelayCounter.RELAYED_PACKETS, packets);
        statistics.count(RelayCounter.RELAYED_BYTES, bytes);
    }
}
