package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.HandshakeTest.batchOf;
import static dev.gatehouse.wireguard.Peers.packet;
import static dev.gatehouse.wireguard.Peers.receive;
import static dev.gatehouse.wireguard.Peers.seal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.AeadBatch;
import dev.gatehouse.wireguard.handshake.HandshakeFields;
import dev.gatehouse.wireguard.message.DropReason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DataTest {
    private final Peers peers = new Peers(3);

    @BeforeEach
    void connect() {
        peers.connect(0);
    }

    @Test
    void aBatchIsSealedContiguouslyWithHeadroom() {
        var in = batchOf(packet(100, 1), packet(1280, 2), packet(20, 3));
        in.set(1, in.offset(1), -1); // dropped by a layer above
        var out = new SealedBatch(ByteBuffer.allocateDirect(8192), 8);
        out.reset(10, 4);

        int bytes = peers.client.seal(in, 0, 3, out, 0);

        assertThat(bytes).isEqualTo(4 + 132 + 4 + 52).isEqualTo(out.bytes());
        assertThat(out.count()).isEqualTo(2);
        assertThat(out.offset(0)).isEqualTo(14);
        assertThat(out.length(0)).isEqualTo(132);
        assertThat(out.offset(1)).isEqualTo(14 + 132 + 4);
        assertThat(out.end()).isEqualTo(14 + 132 + 4 + 52);
        var received =
                receive(
                        peers.gateway,
                        HandshakeFields.copy(out.buffer(), out.offset(1), out.length(1)),
                        0);
        assertThat(received).hasValue(packet(20, 3));
    }

    @Test
    void aBatchMayGrowAcrossCallsAndBeyondOneAeadBatch() {
        int count = AeadBatch.PACKETS_MAX + 40;
        var datagrams = new byte[count][];
        Arrays.setAll(datagrams, i -> packet(60 + i, i));
        var in = batchOf(datagrams);
        var out = new SealedBatch(ByteBuffer.allocateDirect(1 << 20), 2 * count);
        out.reset(0, 0);
        peers.client.seal(in, 0, count, out, 0);
        peers.client.seal(in, 0, count, out, 0);

        var arrived = new PacketBatch(out.buffer(), 2 * count);
        for (int i = 0; i < out.count(); i++) {
            arrived.add(out.offset(i), out.length(i), 0);
        }
        assertThat(peers.gateway.open(arrived, 0, 2 * count, 0)).isEqualTo(2 * count);
        for (int i = 0; i < 2 * count; i++) {
            assertThat(HandshakeFields.copy(out.buffer(), arrived.offset(i), arrived.length(i)))
                    .isEqualTo(datagrams[i % count]);
        }
    }

    @Test
    void aBatchOfManyFatesReportsEachPacketsOwn() {
        var good = seal(peers.client, packet(80, 1), 0).orElseThrow();
        var forged = seal(peers.client, packet(80, 2), 0).orElseThrow();
        forged[40] ^= 1;
        var unknown = seal(peers.client, packet(80, 3), 0).orElseThrow();
        unknown[4] ^= 1;
        var negative = seal(peers.client, packet(80, 4), 0).orElseThrow();
        negative[15] = (byte) 0x80;
        var batch = batchOf(good, good, forged, unknown, negative, new byte[10]);

        assertThat(peers.gateway.open(batch, 0, batch.count(), 0)).isEqualTo(1);

        assertThat(batch.length(0)).isEqualTo(80);
        for (int i = 1; i < batch.count(); i++) {
            assertThat(batch.length(i)).isEqualTo(-1);
        }
        assertThat(peers.gateway.dropped(DropReason.REPLAYED)).isEqualTo(2);
        assertThat(peers.gateway.dropped(DropReason.BAD_TAG)).isEqualTo(1);
        assertThat(peers.gateway.dropped(DropReason.UNKNOWN_SESSION)).isEqualTo(1);
        assertThat(peers.gateway.dropped(DropReason.MALFORMED)).isEqualTo(1);
    }

    @Test
    void aForgedPacketDoesNotMoveTheReplayWindow() {
        var forged = seal(peers.client, packet(80, 2), 0).orElseThrow();
        var genuine = forged.clone();
        forged[14] = 0x7F; // a counter far ahead
        receive(peers.gateway, forged, 0);

        assertThat(receive(peers.gateway, genuine, 0)).isPresent();
    }

    @Test
    void packetsOfTwoSessionsMayShareABatch() {
        var old = seal(peers.client, packet(80, 1), 0).orElseThrow();
        peers.connect(1);
        var young = seal(peers.client, packet(80, 2), 1).orElseThrow();
        var batch = batchOf(young, old);

        assertThat(peers.gateway.open(batch, 0, 2, 1)).isEqualTo(2);
    }

    @Test
    void paddingBehindTheIpPacketIsCut() {
        var padded = Arrays.copyOf(packet(50, 9), 64);
        assertThat(receive(peers.gateway, seal(peers.client, padded, 0).orElseThrow(), 0))
                .hasValue(packet(50, 9));

        var v6 = new byte[64];
        v6[0] = 0x60;
        v6[5] = 7;
        assertThat(receive(peers.gateway, seal(peers.client, v6, 0).orElseThrow(), 0))
                .hasValue(Arrays.copyOf(v6, 47));
    }

    @Test
    void plaintextThatIsNotAnIpPacketIsDropped() {
        var tooShort = packet(50, 0);
        tooShort[3] = 19;
        var tooLong = packet(50, 0);
        tooLong[3] = 51;
        var wrongVersion = packet(50, 0);
        wrongVersion[0] = 0x55;
        var shortV6 = new byte[39];
        shortV6[0] = 0x60;
        for (var bad : new byte[][] {tooShort, tooLong, wrongVersion, shortV6, {0x45}}) {
            assertThat(receive(peers.gateway, seal(peers.client, bad, 0).orElseThrow(), 0))
                    .isEmpty();
        }
        assertThat(peers.gateway.dropped(DropReason.NOT_IP)).isEqualTo(5);
    }
}
