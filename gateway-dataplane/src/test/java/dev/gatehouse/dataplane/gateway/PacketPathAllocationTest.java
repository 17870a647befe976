package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.OTHER_RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.cidr;
import static dev.gatehouse.dataplane.gateway.TestGateway.dns;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static dev.gatehouse.dataplane.gateway.TestGateway.udp;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.PacketBatch;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The packet path allocates nothing: established flows both ways, and refusals.
class PacketPathAllocationTest {
    private static final int BATCHES = 2_000;
    private static final long SLACK_BYTES = 10_000; // of the measurement itself, per run

    private static final GatewayOutput NOWHERE =
            new GatewayOutput() {
                @Override
                public void toTun(PacketBatch packets, int index) {}

                @Override
                public void toPeer(String clientId, PacketBatch packets, int index) {}
            };

    @Test
    void packetsOfKnownFlowsAllocateNothing() {
        var gateway =
                new TestGateway()
                        .authorize(dns(RESOURCE, "*.test"))
                        .authorize(cidr(OTHER_RESOURCE, "10.0.0.0/8", udp(53, 53)));
        gateway.assign("a.test", List.of("100.96.0.1"), "192.0.2.3");
        var client = new Endpoint(CLIENT_V4, 4000);
        byte[][] outbound = {
            Packets.udp(client, Endpoint.parse("100.96.0.1:80"), new byte[900]),
            Packets.udp(client, Endpoint.parse("10.0.0.1:53"), new byte[900]),
            Packets.udp(client, Endpoint.parse("10.0.0.1:54"), new byte[900]),
            Packets.echoRequest(CLIENT_V4, ip("100.96.0.1"), 7)
        };
        byte[][] inbound = {
            Packets.udp(Endpoint.parse("192.0.2.3:80"), client, new byte[900]),
            Packets.udp(Endpoint.parse("10.0.0.1:53"), client, new byte[900]),
            Packets.echoReply(ip("192.0.2.3"), CLIENT_V4, 7)
        };
        var out = Packets.batch(outbound);
        var in = Packets.batch(inbound);
        run(gateway.state, out, outbound, in, inbound);

        long before = allocated();
        run(gateway.state, out, outbound, in, inbound);
        long bytes = allocated() - before;

        assertThat(bytes).isLessThan(SLACK_BYTES);
        assertThat(gateway.state.natSessions()).isEqualTo(2);
        assertThat(gateway.dropped(DropReason.INBOUND_NOT_ALLOWED)).isZero();
    }

    private static void run(
            GatewayState state,
            PacketBatch out,
            byte[][] outbound,
            PacketBatch in,
            byte[][] inbound) {
        for (int i = 0; i < BATCHES; i++) {
            restore(out, outbound);
            state.handleFromPeer(CLIENT, out, NOWHERE, i);
            restore(in, inbound);
            state.handleFromTun(in, NOWHERE, i);
        }
    }

    /// Undoes the rewriting in place.
    private static void restore(PacketBatch batch, byte[][] packets) {
        for (int i = 0; i < packets.length; i++) {
            batch.buffer().put(batch.offset(i), packets[i]);
        }
    }

    private static long allocated() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getCurrentThreadAllocatedBytes();
    }
}
