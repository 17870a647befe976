package dev.gatehouse.connectivity;

import static dev.gatehouse.connectivity.SimWorld.MS;
import static dev.gatehouse.connectivity.SimWorld.S;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.connectivity.path.Relays;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.testkit.Nat;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.PacketBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// How packets are batched on their way out and in.
class NodeDataPathTest {
    private static final int OVERHEAD = 32;
    private static final int NOT_ECT = 0;
    private static final int ECT_0 = 2;

    private record Sent(int segments, int segmentLength, int length, int ecn) {}

    private final SimWorld world = new SimWorld(7);

    @Test
    void equalPacketsLeaveInOneTransmitAndAShorterOneClosesIt() {
        var pair = connected(SimPair.ofPublicHosts(world));

        var sent = encapsulate(pair, batch(NOT_ECT, 1000, 1000, 1000, 400, 400, 1000));

        assertThat(sent)
                .containsExactly(
                        new Sent(4, 1032, 3 * 1032 + 432, NOT_ECT),
                        new Sent(1, 432, 432, NOT_ECT),
                        new Sent(1, 1032, 1032, NOT_ECT));
    }

    @Test
    void transmitHoldsAtMost64SegmentsAnd65507Bytes() {
        var pair = connected(SimPair.ofPublicHosts(world));

        var small = encapsulate(pair, repeated(NOT_ECT, 100, 70));
        var large = encapsulate(pair, repeated(NOT_ECT, 1280, 70));

        assertThat(small).extracting(Sent::segments).containsExactly(64, 6);
        assertThat(large).extracting(Sent::segments).containsExactly(48, 22);
        assertThat(large.getFirst().length()).isLessThanOrEqualTo(65_507);
    }

    @Test
    void congestionMarksAreCarriedToTheOuterHeader() {
        var pair = connected(SimPair.ofPublicHosts(world));
        var mixed = batch(ECT_0, 500, 500);
        var plain = batch(NOT_ECT, 500, 500);

        pair.client().node.encapsulate(SimPair.GATEWAY, mixed, 0, 2, now(pair));
        var sent = encapsulate(pair, plain);

        assertThat(sent)
                .containsExactly(new Sent(2, 532, 1064, ECT_0), new Sent(2, 532, 1064, NOT_ECT));
    }

    @Test
    void transmitGrowsOverSeveralCalls() {
        var pair = connected(SimPair.ofPublicHosts(world));

        pair.client().node.encapsulate(SimPair.GATEWAY, batch(0, 500), 0, 1, now(pair));
        var sent = encapsulate(pair, batch(0, 500, 500));

        assertThat(sent).containsExactly(new Sent(3, 532, 3 * 532, NOT_ECT));
    }

    @Test
    void relayedPacketsStandBehindChannelHeaders() {
        var pair = connected(SimPair.behind(Nat.Kind.SYMMETRIC, world));
        var relayed = pair.client().path(pair.gateway()).orElseThrow().isRelayed();
        var sender = relayed ? pair.client() : pair.gateway();
        var to = relayed ? SimPair.GATEWAY : SimPair.CLIENT;
        sender.node.encapsulate(to, batch(0, 300, 300), 0, 2, sender.nodeNowNs());

        var transmit = sender.node.pollTransmit();

        int segment = 300 + OVERHEAD + ChannelData.HEADER_LENGTH;
        assertThat(transmit.segmentLength()).isEqualTo(segment);
        assertThat(transmit.remote().port()).isEqualTo(Relays.RELAY_PORT);
        for (int at = 0; at < transmit.length(); at += segment) {
            int header = transmit.offset() + at;
            assertThat(ChannelData.channel(transmit.buffer(), header)).isBetween(0x4000, 0x4FFF);
            assertThat(ChannelData.payloadLength(transmit.buffer(), header))
                    .isEqualTo(300 + OVERHEAD);
        }
    }

    @Test
    void burstIsOpenedInOneCall() {
        for (var kind : List.of(Nat.Kind.FULL_CONE, Nat.Kind.SYMMETRIC)) {
            var burstWorld = new SimWorld(7);
            var pair = SimPair.behind(kind, burstWorld);
            burstWorld.run(4 * S);
            pair.exchange(burstWorld);
            pair.gateway().sinkCalls = 0;
            var client = pair.client();

            client.node.encapsulate(
                    SimPair.GATEWAY, repeated(0, 200, 40), 0, 40, client.nodeNowNs());
            burstWorld.drain(client);
            burstWorld.run(100 * MS);

            assertThat(pair.gateway().received).hasSize(41);
            assertThat(pair.gateway().sinkCalls).isEqualTo(1);
        }
    }

    @Test
    void fullSendBufferTakesFewerAndGoesOnAfterADrain() {
        var pair = connected(SimPair.ofPublicHosts(world));
        var node = pair.client().node;
        int taken = 0;
        int calls = 0;
        var batch = repeated(0, 1280, 64);
        for (int n = 64; n == 64; calls++) {
            n = node.encapsulate(SimPair.GATEWAY, batch, 0, 64, now(pair));
            taken += n;
        }

        int whenFull = node.encapsulate(SimPair.GATEWAY, batch, 0, 64, now(pair));
        int sent = segments(drain(pair));
        int afterDrain = node.encapsulate(SimPair.GATEWAY, batch, 0, 64, now(pair));

        assertThat(taken).isEqualTo(512 * 1024 / 1312);
        assertThat(calls).isEqualTo(7);
        assertThat(whenFull).isZero();
        assertThat(sent).isEqualTo(taken);
        assertThat(afterDrain).isEqualTo(64);
    }

    @Test
    void tooLongPacketsAreDroppedAndCounted() {
        var pair = connected(SimPair.ofPublicHosts(world));

        var sent = encapsulate(pair, batch(0, 1281, 1280));

        assertThat(sent).containsExactly(new Sent(1, 1312, 1312, NOT_ECT));
        assertThat(pair.client().node.drops().get(DropReason.PACKET_TOO_LONG)).isEqualTo(1);
    }

    @Test
    void stunFromPort3478OfAFormerRelayIsDroppedAndOfAStrangerIsTriedAsIce() {
        var pair = connected(SimPair.ofPublicHosts(world));
        var node = pair.gateway().node;
        node.updateRelays(Set.of("relay-1"), List.of(), pair.gateway().nodeNowNs());
        byte[] request =
                new StunWriter(
                                MessageClass.REQUEST,
                                StunMethods.BINDING,
                                new TransactionId(1, 2, 3))
                        .build();

        deliver(pair, Endpoint.parse("203.0.113.3:3478"), request);
        deliver(pair, Endpoint.parse("192.0.2.200:3478"), request);

        assertThat(node.drops().get(DropReason.RELAY_MESSAGE_UNEXPECTED)).isEqualTo(1);
        assertThat(node.drops().get(DropReason.ICE_NOT_ACCEPTED)).isEqualTo(1);
    }

    @Test
    void nothingThatArrivesMakesANodeThrow() {
        var pair = connected(SimPair.behind(Nat.Kind.SYMMETRIC, world));
        var random = new SplittableRandom(3);
        var captured = List.copyOf(world.captured);
        for (int i = 0; i < 20_000; i++) {
            var original = captured.get(random.nextInt(captured.size())).payload();
            var bytes = random.nextInt(4) == 0 ? noise(random) : mutated(original, random);
            var remote =
                    switch (random.nextInt(3)) {
                        case 0 -> Endpoint.parse("203.0.113.3:3478");
                        case 1 -> Endpoint.parse("192.0.2.9:3478");
                        default -> Endpoint.parse("192.0.2.1:40000");
                    };
            deliver(pair, remote, bytes, original, bytes);
        }

        world.run(S);

        assertThat(pair.gateway().node.peerIds()).containsExactly(SimPair.CLIENT);
        assertThat(pair.gateway().node.drops().get(DropReason.UNKNOWN_PROTOCOL)).isPositive();
    }

    private static byte[] noise(SplittableRandom random) {
        var bytes = new byte[random.nextInt(1400)];
        random.nextBytes(bytes);
        if (bytes.length > 3 && random.nextBoolean()) {
            bytes[0] = (byte) random.nextInt(5);
            bytes[1] = 0;
            bytes[2] = 0;
            bytes[3] = 0;
        }
        return bytes;
    }

    private static byte[] mutated(byte[] original, SplittableRandom random) {
        int length = random.nextInt(3) == 0 ? random.nextInt(original.length + 1) : original.length;
        var bytes = java.util.Arrays.copyOf(original, length);
        for (int i = random.nextInt(4); i > 0 && length > 0; i--) {
            bytes[random.nextInt(length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    private SimPair connected(SimPair pair) {
        world.run(4 * S);
        pair.exchange(world);
        return pair;
    }

    private void deliver(SimPair pair, Endpoint remote, byte[]... payloads) {
        world.deliver(pair.gateway(), pair.gateway().endpoint(), remote, payloads);
    }

    private static long now(SimPair pair) {
        return pair.client().nodeNowNs();
    }

    private static List<Sent> encapsulate(SimPair pair, PacketBatch batch) {
        pair.client().node.encapsulate(SimPair.GATEWAY, batch, 0, batch.count(), now(pair));
        return drain(pair);
    }

    private static List<Sent> drain(SimPair pair) {
        var sent = new ArrayList<Sent>();
        var node = pair.client().node;
        for (var t = node.pollTransmit(); t != null; t = node.pollTransmit()) {
            sent.add(new Sent(t.segments(), t.segmentLength(), t.length(), t.ecn()));
        }
        return sent;
    }

    private static int segments(List<Sent> sent) {
        return sent.stream().mapToInt(Sent::segments).sum();
    }

    private static PacketBatch repeated(int ecn, int length, int count) {
        var lengths = new int[count];
        java.util.Arrays.fill(lengths, length);
        return batch(ecn, lengths);
    }

    private static PacketBatch batch(int ecn, int... lengths) {
        var batch = PacketBatch.allocate(lengths.length * 1400, lengths.length);
        var header =
                Packets.udp(
                        Endpoint.parse("10.1.1.1:1"), Endpoint.parse("10.1.1.2:2"), new byte[0]);
        for (int i = 0; i < lengths.length; i++) {
            batch.buffer().put(i * 1400, header);
            batch.buffer().putShort(i * 1400 + 2, (short) lengths[i]);
            batch.add(i * 1400, lengths[i], ecn);
        }
        return batch;
    }
}
