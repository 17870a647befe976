package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.message.MessageType.DATA_HEADER_LENGTH;
import static dev.gatehouse.wireguard.message.MessageType.DATA_OVERHEAD_LENGTH;

import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.crypto.AeadBatch;
import dev.gatehouse.wireguard.message.DropCounters;
import dev.gatehouse.wireguard.message.DropReason;
import dev.gatehouse.wireguard.message.MessageType;
import java.nio.ByteBuffer;

/// Opens data packets, type 4, in runs of one session. Allocates nothing per packet.
final class PacketOpener {
    private static final int COUNTER_OFFSET = 8;
    private static final int IPV4_HEADER_LENGTH_MIN = 20;
    private static final int IPV4_TOTAL_LENGTH_OFFSET = 2; // u16
    private static final int IPV6_HEADER_LENGTH = 40;
    private static final int IPV6_PAYLOAD_LENGTH_OFFSET = 4; // u16
    private static final int DROPPED = -1;

    private final Aead aead;
    private final SessionRing sessions;
    private final DropCounters drops;
    private final Receiver receiver;

    /// Learns once a run that packets of a session were authentic.
    interface Receiver {
        /// @param hasData whether one of them was not a keepalive
        void handleAuthentic(Session session, boolean hasData, long nowNs);
    }

    PacketOpener(Aead aead, SessionRing sessions, DropCounters drops, Receiver receiver) {
        this.aead = aead;
        this.sessions = sessions;
        this.drops = drops;
        this.receiver = receiver;
    }

    int open(PacketBatch packets, int from, int count, long nowNs) {
        var batch = aead.batch();
        batch.clear();
        Session session = null;
        int opened = 0;
        for (int i = from; i < from + count; i++) {
            var owner = admit(packets, i, nowNs);
            if (owner == null) {
                continue;
            }
            if (session != null && (owner != session || batch.isFull())) {
                opened += openRun(session, packets, batch, nowNs);
                batch.clear();
            }
            session = owner;
            int text = packets.offset(i) + DATA_HEADER_LENGTH;
            batch.add(i, counter(packets, i), text, text, packets.length(i) - DATA_OVERHEAD_LENGTH);
        }
        return session == null ? opened : opened + openRun(session, packets, batch, nowNs);
    }

    /// The session of a packet worth decrypting, or null; then it is dropped and counted.
    private Session admit(PacketBatch packets, int i, long nowNs) {
        var buffer = packets.buffer();
        int offset = packets.offset(i);
        if (MessageType.of(buffer, offset, packets.length(i)) != MessageType.DATA) {
            return drop(packets, i, DropReason.MALFORMED);
        }
        var session = sessions.find(MessageType.receiver(buffer, offset));
        if (session == null) {
            return drop(packets, i, DropReason.UNKNOWN_SESSION);
        }
        if (nowNs >= session.expiresNs()) {
            return drop(packets, i, DropReason.EXPIRED_SESSION);
        }
        long counter = counter(packets, i);
        if (counter < 0 || !session.window().isAcceptable(counter)) {
            return drop(packets, i, DropReason.REPLAYED);
        }
        return session;
    }

    private static long counter(PacketBatch packets, int i) {
        return Long.reverseBytes(packets.buffer().getLong(packets.offset(i) + COUNTER_OFFSET));
    }

    private int openRun(Session session, PacketBatch packets, AeadBatch batch, long nowNs) {
        aead.open(session.receiving(), packets.buffer(), batch);
        int opened = 0;
        boolean isAlive = false;
        boolean hasData = false;
        for (int i = 0; i < batch.count(); i++) {
            if (!isGenuine(session, packets, batch, i)) {
                continue;
            }
            isAlive = true;
            hasData |= batch.length(i) > 0;
            if (deliver(packets, batch, i)) {
                opened++;
            }
        }
        if (isAlive) {
            receiver.handleAuthentic(session, hasData, nowNs);
        }
        return opened;
    }

    private boolean isGenuine(Session session, PacketBatch packets, AeadBatch batch, int i) {
        if (!batch.isAuthentic(i)) {
            drop(packets, batch.packet(i), DropReason.BAD_TAG);
            return false;
        }
        if (!session.window().accept(batch.counter(i))) { // twice in this very batch
            drop(packets, batch.packet(i), DropReason.REPLAYED);
            return false;
        }
        return true;
    }

    /// Points the packet at its plaintext, cut at the IP length. False if nothing is to deliver.
    private boolean deliver(PacketBatch packets, AeadBatch batch, int i) {
        int packet = batch.packet(i);
        int length = batch.length(i);
        if (length == 0) {
            packets.set(packet, batch.target(i), 0);
            return false;
        }
        int ipLength = ipLength(packets.buffer(), batch.target(i), length);
        if (ipLength > length || ipLength == 0) {
            drop(packets, packet, DropReason.NOT_IP);
            return false;
        }
        packets.set(packet, batch.target(i), ipLength);
        return true;
    }

    /// What the IP header says, 0 if there is none.
    private static int ipLength(ByteBuffer b, int offset, int length) {
        int version = b.get(offset) >> 4 & 0xF;
        if (version == 4 && length >= IPV4_HEADER_LENGTH_MIN) {
            int total = Short.toUnsignedInt(b.getShort(offset + IPV4_TOTAL_LENGTH_OFFSET));
            return total >= IPV4_HEADER_LENGTH_MIN ? total : 0;
        }
        if (version == 6 && length >= IPV6_HEADER_LENGTH) {
            return IPV6_HEADER_LENGTH
                    + Short.toUnsignedInt(b.getShort(offset + IPV6_PAYLOAD_LENGTH_OFFSET));
        }
        return 0;
    }

    private Session drop(PacketBatch packets, int i, DropReason reason) {
        packets.set(i, packets.offset(i), DROPPED);
        drops.count(reason);
        return null;
    }
}
