package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.message.MessageType.DATA_HEADER_LENGTH;
import static dev.gatehouse.wireguard.message.MessageType.DATA_OVERHEAD_LENGTH;

import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.handshake.HandshakeFields;
import dev.gatehouse.wireguard.message.MessageType;
import java.nio.ByteBuffer;

/// Writes data packets, type 4. Allocates nothing per packet.
final class PacketSealer {
    private static final int TYPE_BIG_ENDIAN = Integer.reverseBytes(MessageType.DATA);

    private final Aead aead;

    PacketSealer(Aead aead) {
        this.aead = aead;
    }

    /// Seals what is longer than 0 of packets `from` to `from + count` and fits into `out`.
    int seal(Session session, PacketBatch in, int from, int count, SealedBatch out) {
        var batch = aead.batch();
        int endBefore = out.end();
        batch.clear();
        for (int i = from; i < from + count; i++) {
            int length = in.length(i);
            if (length <= 0) {
                continue;
            }
            if (batch.isFull()) {
                aead.seal(session.sending(), in.buffer(), out.buffer(), batch);
                batch.clear();
            }
            int header = out.append(length + DATA_OVERHEAD_LENGTH);
            long counter = session.takeCounter();
            writeHeader(out.buffer(), header, session.remoteIndex(), counter);
            batch.add(i, counter, in.offset(i), header + DATA_HEADER_LENGTH, length);
        }
        if (batch.count() > 0) {
            aead.seal(session.sending(), in.buffer(), out.buffer(), batch);
        }
        return out.end() - endBefore;
    }

    /// An empty data packet.
    byte[] keepalive(Session session) {
        var batch = aead.batch();
        var scratch = batch.scratch();
        long counter = session.takeCounter();
        writeHeader(scratch, 0, session.remoteIndex(), counter);
        batch.clear();
        batch.add(0, counter, DATA_OVERHEAD_LENGTH, DATA_HEADER_LENGTH, 0);
        aead.seal(session.sending(), scratch, scratch, batch);
        return HandshakeFields.copy(scratch, 0, DATA_OVERHEAD_LENGTH);
    }

    private static void writeHeader(ByteBuffer b, int offset, int remoteIndex, long counter) {
        b.putInt(offset, TYPE_BIG_ENDIAN);
        b.putInt(offset + 4, Integer.reverseBytes(remoteIndex));
        b.putLong(offset + 8, Long.reverseBytes(counter));
    }
}
