package dev.gatehouse.transport.udp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UdpSocketTest {
    private static final long WAIT_NS = 2_000_000_000L;

    @ParameterizedTest
    @EnumSource
    void datagramArrivesWithItsPathAndEcn(IpAddress.Family family) throws IOException {
        try (var sender = open(family);
                var receiver = open(family)) {
            var transmit = transmit(Endpoint.any(family), loopback(receiver), bytes(100, 1));
            transmit.content(transmit.buffer(), 0, 100, 100, 3);

            assertThat(sender.send(transmit)).isEqualTo(SendOutcome.SENT);
            var batch = receive(receiver);

            assertThat(batch.packets().count()).isEqualTo(1);
            assertThat(batch.local()).isEqualTo(loopback(receiver));
            assertThat(batch.remote()).isEqualTo(loopback(sender));
            assertThat(batch.packets().ecn(0)).isEqualTo(3);
            assertThat(content(batch, 0)).isEqualTo(bytes(100, 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void segmentsOfOneBatchArriveAsSeparateDatagrams(IpAddress.Family family) throws IOException {
        try (var sender = open(family);
                var receiver = open(family)) {
            byte[] all = bytes(10 * 1312 + 500, 7);
            var transmit = transmit(Endpoint.any(family), loopback(receiver), all);
            transmit.content(transmit.buffer(), 0, all.length, 1312, 2);

            sender.send(transmit);
            var lengths = new ArrayList<Integer>();
            var seen = ByteBuffer.allocate(all.length);
            while (lengths.size() < 11) {
                var batch = receive(receiver);
                for (int i = 0; i < batch.packets().count(); i++) {
                    lengths.add(batch.packets().length(i));
                    seen.put(content(batch, i));
                    assertThat(batch.packets().ecn(i)).isEqualTo(2);
                }
            }

            assertThat(lengths.subList(0, 10)).containsOnly(1312);
            assertThat(lengths.get(10)).isEqualTo(500);
            assertThat(seen.array()).isEqualTo(all);
            assertThat(sender.counters().get(UdpCounter.SENT_BATCHES)).isEqualTo(1);
            assertThat(sender.counters().get(UdpCounter.SENT_DATAGRAMS)).isEqualTo(11);
        }
    }

    @Test
    void moreThan64SegmentsTakeSeveralCalls() throws IOException {
        try (var sender = open(IpAddress.Family.IPV4);
                var receiver = open(IpAddress.Family.IPV4)) {
            byte[] all = bytes(130 * 20, 3);
            var transmit = transmit(Endpoint.ANY_V4, loopback(receiver), all);
            transmit.content(transmit.buffer(), 0, all.length, 20, 0);

            assertThat(sender.send(transmit)).isEqualTo(SendOutcome.SENT);
            int received = 0;
            while (received < 130) {
                received += receive(receiver).packets().count();
            }

            assertThat(sender.counters().get(UdpCounter.SENT_BATCHES)).isEqualTo(3);
        }
    }

    @Test
    void namedLocalAddressIsTheSourceOfWhatLeaves() throws IOException {
        try (var sender = open(IpAddress.Family.IPV4);
                var receiver = open(IpAddress.Family.IPV4)) {
            var source = Endpoint.parse("127.0.0.77:" + sender.port());

            sender.send(transmit(source, loopback(receiver), bytes(10, 1)));

            assertThat(receive(receiver).remote()).isEqualTo(source);
        }
    }

    @Test
    void datagramNamesTheAddressItWasSentTo() throws IOException {
        try (var sender = open(IpAddress.Family.IPV4);
                var receiver = open(IpAddress.Family.IPV4)) {
            var target = Endpoint.parse("127.1.2.3:" + receiver.port());

            sender.send(transmit(Endpoint.ANY_V4, target, bytes(10, 1)));

            assertThat(receive(receiver).local()).isEqualTo(target);
        }
    }

    @Test
    void steadyFlowReusesItsEndpointObjects() throws IOException {
        try (var sender = open(IpAddress.Family.IPV6);
                var receiver = open(IpAddress.Family.IPV6)) {
            var transmit = transmit(Endpoint.ANY_V6, loopback(receiver), bytes(10, 1));

            sender.send(transmit);
            var first = receive(receiver);
            sender.send(transmit);
            var second = receive(receiver);

            assertThat(second.remote()).isSameAs(first.remote());
            assertThat(second.local()).isSameAs(first.local());
        }
    }

    @Test
    void contentOnTheHeapIsSentToo() throws IOException {
        try (var sender = open(IpAddress.Family.IPV4);
                var receiver = open(IpAddress.Family.IPV4)) {
            var transmit = new Transmit();
            transmit.path(Endpoint.ANY_V4, loopback(receiver));
            transmit.content(ByteBuffer.wrap(bytes(50, 4)), 10, 30, 30, 0);

            sender.send(transmit);

            var expected = java.util.Arrays.copyOfRange(bytes(50, 4), 10, 40);
            assertThat(content(receive(receiver), 0)).isEqualTo(expected);
        }
    }

    @Test
    void takenPortFallsBackToAnother() throws IOException {
        try (var first = open(IpAddress.Family.IPV4);
                var second =
                        UdpSocket.open(UdpConfig.tunnel(IpAddress.Family.IPV4, first.port()))) {
            assertThat(second.port()).isNotZero().isNotEqualTo(first.port());
        }
    }

    @Test
    void serverRefusesATakenPort() throws IOException {
        try (var first = open(IpAddress.Family.IPV4)) {
            var config = UdpConfig.server(Endpoint.parse("0.0.0.0:" + first.port()));

            assertThatThrownBy(() -> UdpSocket.open(config))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void shardsShareAPortButNotWithAnotherProcess() throws IOException {
        var any = UdpConfig.tunnel(IpAddress.Family.IPV4, 0);
        try (var first = UdpSocket.open(any.withSharing(UdpConfig.Sharing.FIRST_OF_SHARDS))) {
            var same = UdpConfig.tunnel(IpAddress.Family.IPV4, first.port());
            try (var joined = UdpSocket.open(same.withSharing(UdpConfig.Sharing.JOIN));
                    var other =
                            UdpSocket.open(same.withSharing(UdpConfig.Sharing.FIRST_OF_SHARDS))) {
                assertThat(joined.port()).isEqualTo(first.port());
                assertThat(other.port()).isNotEqualTo(first.port());
            }
        }
    }

    @Test
    void longDatagramIsDroppedAndCounted() throws IOException {
        var config = UdpConfig.tunnel(IpAddress.Family.IPV4, 0).withDatagramLengthMax(1316);
        try (var sender = open(IpAddress.Family.IPV4);
                var receiver = UdpSocket.open(config)) {
            sender.send(transmit(Endpoint.ANY_V4, loopback(receiver), bytes(1317, 1)));
            sender.send(transmit(Endpoint.ANY_V4, loopback(receiver), bytes(1316, 2)));

            assertThat(content(receive(receiver), 0)).isEqualTo(bytes(1316, 2));
            assertThat(receiver.counters().get(UdpCounter.RECEIVED_TOO_LONG)).isEqualTo(1);
        }
    }

    @Test
    void emptyDatagramIsDroppedAndCounted() throws IOException {
        try (var sender = new DatagramSocket();
                var receiver = open(IpAddress.Family.IPV4)) {
            var target = new InetSocketAddress("127.0.0.1", receiver.port());
            sender.send(new java.net.DatagramPacket(new byte[0], 0, target));
            sender.send(new java.net.DatagramPacket(bytes(5, 5), 5, target));

            assertThat(content(receive(receiver), 0)).isEqualTo(bytes(5, 5));
            assertThat(receiver.counters().get(UdpCounter.RECEIVED_EMPTY)).isEqualTo(1);
        }
    }

    @Test
    void addressThatIsNotOursIsNoFailure() throws IOException {
        try (var sender = open(IpAddress.Family.IPV4)) {
            var foreign = Endpoint.parse("203.0.113.9:1");
            var outcome =
                    sender.send(transmit(foreign, Endpoint.parse("127.0.0.1:9"), bytes(10, 1)));

            assertThat(outcome).isEqualTo(SendOutcome.DROPPED);
            assertThat(sender.counters().get(UdpCounter.SEND_UNREACHABLE)).isEqualTo(1);
        }
    }

    @Test
    void lossOfLongDatagramsIsToldOnceAnAddress() throws IOException {
        try (var socket = open(IpAddress.Family.IPV6)) {
            for (var remote : new String[] {"2001:db8::1", "2001:db8::1", "2001:db8::2"}) {
                socket.handleLongOnesLost(IpAddress.parse(remote));
            }

            assertThat(socket.counters().get(UdpCounter.SEND_PATHS_LOSSY)).isEqualTo(2);
        }
    }

    @Test
    void nothingWaitingIsZero() throws IOException {
        try (var socket = open(IpAddress.Family.IPV4)) {
            assertThat(socket.receive(UdpSocket.newBatch())).isZero();
        }
    }

    private static UdpSocket open(IpAddress.Family family) throws IOException {
        return UdpSocket.open(UdpConfig.tunnel(family, 0));
    }

    private static Endpoint loopback(UdpSocket socket) {
        var address = socket.local().isV4() ? "127.0.0.1" : "::1";
        return new Endpoint(IpAddress.parse(address), socket.port());
    }

    private static Transmit transmit(Endpoint local, Endpoint remote, byte[] content) {
        var transmit = new Transmit();
        transmit.path(local, remote);
        var buffer = ByteBuffer.allocateDirect(content.length).put(0, content);
        transmit.content(buffer, 0, content.length, content.length, 0);
        return transmit;
    }

    private static byte[] bytes(int length, int seed) {
        var bytes = new byte[length];
        new java.util.SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    private static DatagramBatch receive(UdpSocket socket) throws IOException {
        var batch = UdpSocket.newBatch();
        try (var poller = new Poller()) {
            poller.add(socket.fd());
            for (int i = 0; i < 10 && socket.receive(batch) == 0; i++) {
                poller.poll(WAIT_NS / 10);
            }
        }
        assertThat(batch.packets().count()).as("datagrams received").isPositive();
        return batch;
    }

    private static byte[] content(DatagramBatch batch, int i) {
        var bytes = new byte[batch.packets().length(i)];
        batch.packets().buffer().get(batch.packets().offset(i), bytes);
        return bytes;
    }
}
