package dev.gatehouse.transport.udp;

import static dev.gatehouse.transport.NetworkNamespace.exec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.transport.NetworkNamespace;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A link whose MTU is smaller than the longest datagrams: they arrive all the same, in fragments.
@Tag("netns")
class NarrowPathIT {
    private static final int MTU = 1_300;
    private static final int SEGMENT = 1_312;
    private static final int DATAGRAMS = 20;
    private static final long WAIT_NS = 200_000_000L;

    @ParameterizedTest
    @EnumSource
    void longDatagramsArriveOverALinkWithASmallMtu(IpAddress.Family family) throws Exception {
        NetworkNamespace.run(
                () -> {
                    exec("ip", "link", "set", "lo", "mtu", Integer.toString(MTU));
                    try (var sender = open(family);
                            var receiver = open(family)) {
                        int seen = 0;
                        for (int batch = 0; batch < 3; batch++) {
                            sender.send(batchTo(receiver, SEGMENT));
                            seen += receive(receiver, DATAGRAMS, SEGMENT);
                        }

                        assertThat(seen).isEqualTo(3 * DATAGRAMS);
                        assertThat(count(sender, UdpCounter.SEND_PATHS_NARROW)).isEqualTo(1);
                        assertThat(count(sender, UdpCounter.SEND_UNSEGMENTED)).isEqualTo(1);
                        assertThat(count(receiver, UdpCounter.RECEIVED_FRAGMENTED)).isPositive();
                    }
                });
    }

    /// The way may be wide again later, and what is short enough is never cut up.
    @ParameterizedTest
    @EnumSource
    void batchesGoOutWholeAgainWhenTheyFit(IpAddress.Family family) throws Exception {
        NetworkNamespace.run(
                () -> {
                    exec("ip", "link", "set", "lo", "mtu", Integer.toString(MTU));
                    try (var sender = open(family);
                            var receiver = open(family)) {
                        sender.send(batchTo(receiver, SEGMENT));
                        receive(receiver, DATAGRAMS, SEGMENT);
                        long before = count(sender, UdpCounter.SENT_BATCHES);
                        sender.send(batchTo(receiver, 1_000));
                        receive(receiver, DATAGRAMS, 1_000);
                        long shorter = count(sender, UdpCounter.SENT_BATCHES) - before;

                        exec("ip", "link", "set", "lo", "mtu", "65536");
                        for (int i = 0; i < 260; i++) {
                            sender.send(batchTo(receiver, SEGMENT));
                            receive(receiver, DATAGRAMS, SEGMENT);
                        }
                        before = count(sender, UdpCounter.SENT_BATCHES);
                        sender.send(batchTo(receiver, SEGMENT));

                        assertThat(shorter).isEqualTo(1);
                        assertThat(count(sender, UdpCounter.SENT_BATCHES) - before).isEqualTo(1);
                    }
                });
    }

    private static UdpSocket open(IpAddress.Family family) throws IOException {
        return UdpSocket.open(UdpConfig.server(Endpoint.any(family)));
    }

    private static Transmit batchTo(UdpSocket receiver, int segment) {
        var transmit = new Transmit();
        var address = receiver.local().isV4() ? "127.0.0.1" : "::1";
        var target = new Endpoint(IpAddress.parse(address), receiver.port());
        transmit.path(Endpoint.any(target.family()), target);
        var content = new byte[DATAGRAMS * segment];
        Arrays.fill(content, (byte) 7);
        var buffer = ByteBuffer.allocateDirect(content.length).put(0, content);
        transmit.content(buffer, 0, content.length, segment, 0);
        return transmit;
    }

    /// Returns how many came.
    private static int receive(UdpSocket socket, int datagrams, int length) throws IOException {
        var batch = UdpSocket.newBatch();
        int seen = 0;
        try (var poller = new Poller()) {
            poller.add(socket.fd());
            for (int i = 0; i < 10 && seen < datagrams; i++) {
                while (socket.receive(batch) > 0) {
                    for (int p = 0; p < batch.packets().count(); p++) {
                        assertThat(batch.packets().length(p)).isEqualTo(length);
                    }
                    seen += batch.packets().count();
                }
                if (seen < datagrams) {
                    poller.poll(WAIT_NS);
                }
            }
        }
        return seen;
    }

    private static long count(UdpSocket socket, UdpCounter counter) {
        return socket.counters().get(counter);
    }
}
