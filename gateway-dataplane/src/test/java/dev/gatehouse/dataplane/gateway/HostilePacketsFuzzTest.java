package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V6;
import static dev.gatehouse.dataplane.gateway.TestGateway.OTHER_RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.assignedIps;
import static dev.gatehouse.dataplane.gateway.TestGateway.cidr;
import static dev.gatehouse.dataplane.gateway.TestGateway.dns;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.testkit.Mutator;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever a client or the resource network sends comes out as a packet, an answer or a count.
class HostilePacketsFuzzTest {
    private static final int ROUNDS = 20_000;
    private static final byte[] DATA = "some data".getBytes();
    private static final Endpoint APP = new Endpoint(CLIENT_V4, 40_000);
    private static final Endpoint APP_V6 = new Endpoint(CLIENT_V6, 40_000);
    private static final Endpoint LAB = Endpoint.parse("10.1.2.3:80");
    private static final Endpoint LAB_V6 = Endpoint.parse("[fd20::1]:80");
    private static final Endpoint PROXY = Endpoint.parse("100.96.0.1:80");
    private static final IpAddress REAL = ip("10.0.0.3");
    private static final List<String> PROXIES = List.of("100.96.0.1", "fd00:2021:1111:8000::1");

    private final TestGateway gateway = new TestGateway();

    private void open() {
        gateway.authorize(cidr(OTHER_RESOURCE, "10.1.0.0/16"));
        gateway.authorize(cidr("8f1d3c0e-5a53-4c63-9d57-0c3b7a3f2b13", "fd20::/64"));
        gateway.authorize(dns(RESOURCE, "*.corp.test"));
        gateway.assign("wiki.corp.test", PROXIES, REAL.toString());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedPacketsOfAClientGoSomewhereOrAreCounted(long seed) {
        open();
        var seeds =
                List.of(
                        Packets.tcp(APP, LAB, IpPacket.TCP_SYN, DATA),
                        Packets.tcp(APP_V6, LAB_V6, IpPacket.TCP_SYN, DATA),
                        Packets.udp(APP, PROXY, DATA),
                        Packets.udp(APP, LAB, DATA),
                        Packets.echoRequest(CLIENT_V4, LAB.address(), 7),
                        Packets.echoRequest(CLIENT_V6, LAB_V6.address(), 7),
                        Packets.icmpError(
                                CLIENT_V4, LAB.address(), 3, 1, Packets.udp(LAB, APP, DATA)),
                        assignedIps(RESOURCE, "wiki.corp.test", PROXIES));
        var mutator = new Mutator(seed);
        for (int i = 0; i < ROUNDS; i++) {
            gateway.nowNs += 1_000_000;
            gateway.fromClient(shortened(mutator.bytes(mutator.choose(seeds))));
            settle();
        }

        assertThat(gateway.dropped(DropReason.MALFORMED)).isPositive();
        assertStillWorks();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedPacketsOfTheNetworkGoSomewhereOrAreCounted(long seed) {
        open();
        gateway.fromClient(Packets.udp(APP, PROXY, DATA), Packets.udp(APP, LAB, DATA));
        var real = new Endpoint(REAL, 80);
        var seeds =
                List.of(
                        Packets.udp(real, APP, DATA),
                        Packets.udp(LAB, APP, DATA),
                        Packets.tcp(LAB_V6, APP_V6, IpPacket.TCP_SYN, DATA),
                        Packets.echoReply(LAB.address(), CLIENT_V4, 7),
                        Packets.icmpError(REAL, CLIENT_V4, 3, 1, Packets.udp(APP, real, DATA)),
                        Packets.icmpError(
                                LAB_V6.address(),
                                CLIENT_V6,
                                1,
                                0,
                                Packets.udp(APP_V6, LAB_V6, DATA)));
        var mutator = new Mutator(seed);
        for (int i = 0; i < ROUNDS; i++) {
            gateway.nowNs += 1_000_000;
            gateway.fromTun(shortened(mutator.bytes(mutator.choose(seeds))));
            settle();
        }

        assertThat(gateway.dropped(DropReason.MALFORMED)).isPositive();
        assertStillWorks();
    }

    private static byte[] shortened(byte[] packet) {
        return packet.length <= 1280 ? packet : Arrays.copyOf(packet, 1280);
    }

    private void settle() {
        for (var event : gateway.events()) {
            if (event instanceof GatewayEvent.ResolveName resolve) {
                gateway.state.handleResolved(
                        resolve.requestId(), List.of(REAL), gateway, gateway.nowNs);
            }
        }
        if (gateway.state.pollTimeout() <= gateway.nowNs) {
            gateway.state.handleTimeout(gateway.nowNs);
        }
    }

    /// One that said goodbye by accident has to be let in again.
    private void assertStillWorks() {
        gateway.authorize(cidr(OTHER_RESOURCE, "10.1.0.0/16"));
        var fresh = new Endpoint(CLIENT_V4, 50_123);
        var out = gateway.fromClient(Packets.udp(fresh, LAB, DATA));
        assertThat(out).hasSize(1);
        assertThat(out.getFirst().client()).isEmpty();
        var back = gateway.fromTun(Packets.udp(LAB, fresh, DATA));
        assertThat(back).hasSize(1);
        assertThat(back.getFirst().client()).isEqualTo(TestGateway.CLIENT);
    }
}
