package dev.gatehouse.relay.server;

import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V4;
import static dev.gatehouse.relay.server.RelayHarness.LISTENER_V4;
import static dev.gatehouse.relay.server.RelayHarness.LOWEST_PORT;
import static dev.gatehouse.relay.server.RelayHarness.PEER_V4;
import static dev.gatehouse.relay.server.RelayHarness.USER;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.PacketBatch;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class DataPathAllocationTest {
    private static final int PAYLOAD_LENGTH = 1280;
    private static final int PACKETS = 40;
    private static final int ROUNDS = 2_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final RelayHarness relay = RelayHarness.dualStack();
    private final DatagramBatch batch = new DatagramBatch(PacketBatch.allocate(1 << 17, PACKETS));
    private final Endpoint allocated = new Endpoint(LISTENER_V4.address(), LOWEST_PORT);

    @Test
    void relayedDataAllocatesNothing() {
        relay.allocate(CLIENT_V4, 1, USER);
        relay.bind(CLIENT_V4, 1, 0x4000, PEER_V4);
        relayBothWays();

        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++) {
            relayBothWays();
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(relay.server.statistics().get(RelayCounter.RELAYED_PACKETS))
                .isEqualTo(2L * PACKETS * (ROUNDS + 1));
        assertThat(allocated).isLessThan(ROUNDS); // less than a byte for 80 packets
    }

    private void relayBothWays() {
        fill(LISTENER_V4, CLIENT_V4, ChannelData.HEADER_LENGTH);
        relay.server.handleDatagrams(batch, 0);
        drain();
        fill(allocated, PEER_V4, 0);
        relay.server.handleDatagrams(batch, 0);
        drain();
    }

    private void fill(Endpoint local, Endpoint remote, int headerLength) {
        batch.reset(local, remote);
        int offset = PacketBatch.HEADROOM_LENGTH;
        for (int i = 0; i < PACKETS; i++) {
            ChannelData.writeHeader(batch.packets().buffer(), offset, 0x4000, PAYLOAD_LENGTH);
            batch.packets().add(offset, headerLength + PAYLOAD_LENGTH, 0);
            offset += headerLength + PAYLOAD_LENGTH;
        }
    }

    private void drain() {
        while (relay.server.pollAction() != null) {}
    }
}
