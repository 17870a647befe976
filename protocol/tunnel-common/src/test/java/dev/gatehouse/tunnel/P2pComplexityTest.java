package dev.gatehouse.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What a control packet of many addresses costs who reads it.
class P2pComplexityTest {
    private static final int ADDRESSES = 8;
    private static final int TIMES = 8;
    private static final int COST_RATIO_MAX = 10;

    @Test
    void addressesCostTheSameEach() {
        cost(1); // loads classes
        assertThat(cost(ADDRESSES * TIMES)).isLessThanOrEqualTo(COST_RATIO_MAX * cost(ADDRESSES));
    }

    private static long cost(int addresses) {
        var packet = packet(addresses);
        return AllocatedBytes.of(
                50,
                _ ->
                        assertThat(P2pControl.decode(packet))
                                .isInstanceOf(P2pEvent.AssignedIps.class));
    }

    private static IpPacket packet(int addresses) {
        List<IpAddress> ips = IntStream.range(0, addresses).mapToObj(IpAddress::v4).toList();
        var event =
                new P2pEvent.AssignedIps("0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01", "a.example", ips);
        var buffer = ByteBuffer.allocate(IpPacket.LENGTH_MAX);
        int length = P2pControl.encode(event, buffer, 0);
        var packet = new IpPacket();
        assertThat(packet.wrap(buffer, 0, length)).isTrue();
        return packet;
    }
}
