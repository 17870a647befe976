package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V6;
import static dev.gatehouse.dataplane.gateway.TestGateway.OTHER_RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.cidr;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static dev.gatehouse.dataplane.gateway.TestGateway.tcp;
import static dev.gatehouse.dataplane.gateway.TestGateway.udp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Filter;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The decisions of tunnel.md 7.2 to 7.5.
class FilterTest {
    private static final byte[] NOTHING = {};

    private final TestGateway gateway = new TestGateway();

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 6, 80, true",
        "10.1.2.3, 17, 53, true",
        "10.1.2.3, 17, 54, false",
        "10.2.2.3, 6, 80, true",
        "10.2.2.3, 6, 81, false",
        "10.2.2.3, 17, 53, false",
        "10.2.2.3, 1, 0, false",
        "10.2.2.3, 47, 0, false",
        "11.2.2.3, 6, 80, false"
    })
    void nestedNetworksAdmitWhatAnyOfThemAdmits(
            String to, int protocol, int port, boolean allowed) {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8", tcp(80, 80)));
        gateway.authorize(cidr(OTHER_RESOURCE, "10.1.0.0/16", udp(53, 53)));

        var sent = gateway.fromClient(packet(CLIENT_V4, ip(to), protocol, port));

        assertIs(sent, allowed ? "" : CLIENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 6, 17, 47})
    void emptyFilterListAdmitsEveryProtocol(int protocol) {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));

        var sent = gateway.fromClient(packet(CLIENT_V4, ip("10.0.0.1"), protocol, 7));

        assertIs(sent, "");
    }

    @Test
    void icmpFilterAdmitsIcmpAlone() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8", new Filter.Icmp()));

        assertIs(gateway.fromClient(Packets.echoRequest(CLIENT_V4, ip("10.0.0.1"), 3)), "");
        assertIs(gateway.fromClient(packet(CLIENT_V4, ip("10.0.0.1"), 6, 80)), CLIENT);
    }

    @Test
    void prohibitedPacketIsAnsweredWithIcmpThatNamesIt() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8", tcp(80, 80)));
        byte[] original = packet(CLIENT_V4, ip("10.9.9.9"), 6, 443);

        var reply = gateway.fromClient(original).getFirst();

        assertThat(reply.client()).isEqualTo(CLIENT);
        var packet = reply.packet();
        assertThat(packet.source()).isEqualTo(ip("10.9.9.9"));
        assertThat(packet.destination()).isEqualTo(CLIENT_V4);
        assertThat(packet.icmpType()).isEqualTo(3);
        assertThat(packet.icmpCode()).isEqualTo(13);
        assertThat(packet.isTransportChecksumValid()).isTrue();
        assertThat(gateway.dropped(DropReason.FILTERED)).isEqualTo(1);
    }

    @Test
    void ipv6IsProhibitedWithTypeOneCodeOne() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));

        var reply = gateway.fromClient(packet(CLIENT_V6, ip("2001:db8::1"), 17, 5)).getFirst();

        assertThat(reply.packet().icmpType()).isEqualTo(1);
        assertThat(reply.packet().icmpCode()).isEqualTo(1);
        assertThat(gateway.dropped(DropReason.NO_RESOURCE)).isEqualTo(1);
    }

    @Test
    void foreignSourceIsProhibited() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));

        var reply = gateway.fromClient(packet(ip("100.64.0.9"), ip("10.0.0.1"), 17, 5));

        assertIs(reply, CLIENT);
        assertThat(reply.getFirst().packet().icmpCode()).isEqualTo(13);
        assertThat(gateway.dropped(DropReason.SOURCE_NOT_ALLOWED)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "8.8.8.8, true",
        "172.15.255.255, true",
        "100.63.0.1, true",
        "100.128.0.1, true",
        "2001:4860::8888, true",
        "10.0.0.1, false",
        "172.16.0.1, false",
        "192.168.1.1, false",
        "127.0.0.1, false",
        "169.254.169.254, false",
        "240.0.0.1, false",
        "255.255.255.255, false",
        "::1, false",
        "::ffff:8.8.8.8, false",
        "fc00::1, false",
        "fe80::1, false"
    })
    void internetResourceCoversPublicAddressesAlone(String to, boolean allowed) {
        gateway.authorize(new ResourceSpec.Internet(RESOURCE, "internet"));
        var source = ip(to).isV4() ? CLIENT_V4 : CLIENT_V6;

        var sent = gateway.fromClient(packet(source, ip(to), 17, 5));

        assertIs(sent, allowed ? "" : CLIENT);
        if (!allowed) {
            assertThat(sent.getFirst().packet().icmpCode()).isEqualTo(source.isV4() ? 0 : 3);
            assertThat(gateway.dropped(DropReason.NOT_PUBLIC)).isEqualTo(1);
        }
        assertThat(gateway.fromTun(packet(ip(to), source, 17, 5))).hasSize(allowed ? 1 : 0);
    }

    /// What listens there would take clients for neighbours; a resource may say so.
    @Test
    void internetResourceDoesNotLeadToTheGatewaysHost() {
        gateway.authorize(new ResourceSpec.Internet(RESOURCE, "internet"));
        gateway.state.setHostAddresses(List.of(ip("9.9.9.9"), ip("2001:4860::8888")));

        for (var own : List.of(ip("9.9.9.9"), ip("2001:4860::8888"))) {
            var source = own.isV4() ? CLIENT_V4 : CLIENT_V6;
            assertIs(gateway.fromClient(packet(source, own, 6, 22)), CLIENT);
            assertThat(gateway.fromTun(packet(own, source, 6, 22))).isEmpty();
        }
        assertThat(gateway.dropped(DropReason.NOT_PUBLIC)).isEqualTo(2);
        assertIs(gateway.fromClient(packet(CLIENT_V4, ip("9.9.9.8"), 6, 22)), "");

        gateway.authorize(cidr(OTHER_RESOURCE, "9.9.9.9/32", tcp(443, 443)));
        assertIs(gateway.fromClient(packet(CLIENT_V4, ip("9.9.9.9"), 6, 443)), "");
        assertIs(gateway.fromClient(packet(CLIENT_V4, ip("9.9.9.9"), 6, 22)), CLIENT);
        gateway.state.setHostAddresses(List.of());
        assertIs(gateway.fromClient(packet(CLIENT_V6, ip("2001:4860::8888"), 6, 22)), "");
    }

    @Test
    void internetResourceBypassesFiltersOfNetworksButNotOfPrivateOnes() {
        gateway.authorize(new ResourceSpec.Internet(RESOURCE, "internet"));
        gateway.authorize(cidr(OTHER_RESOURCE, "9.0.0.0/8", tcp(1, 1)));
        gateway.authorize(cidr("r3", "10.0.0.0/8", tcp(1, 1)));

        assertIs(gateway.fromClient(packet(CLIENT_V4, ip("9.9.9.9"), 17, 5)), "");
        assertIs(gateway.fromClient(packet(CLIENT_V4, ip("10.9.9.9"), 6, 1)), "");
        var refused = gateway.fromClient(packet(CLIENT_V4, ip("10.9.9.9"), 17, 5));
        assertThat(refused.getFirst().packet().icmpCode()).isEqualTo(13);
    }

    @Test
    void clientsNeverReachEachOther() {
        gateway.authorize(cidr(RESOURCE, "100.64.0.0/10"));
        gateway.authorize(new ResourceSpec.Internet(OTHER_RESOURCE, "internet"));

        assertIs(gateway.fromClient(packet(CLIENT_V4, ip("100.64.0.3"), 17, 5)), CLIENT);
        assertThat(gateway.fromTun(packet(ip("100.64.0.3"), CLIENT_V4, 17, 5))).isEmpty();
        assertThat(gateway.dropped(DropReason.TUNNEL_RANGE)).isEqualTo(1);
        assertThat(gateway.dropped(DropReason.FORGED_SOURCE)).isEqualTo(1);
    }

    @Test
    void icmpErrorsAndMulticastOfClientsAreDroppedWithoutReply() {
        gateway.authorize(cidr(RESOURCE, "0.0.0.0/0"));
        byte[] error = Packets.icmpError(CLIENT_V4, ip("10.0.0.1"), 0x0301, 0, new byte[28]);

        assertThat(gateway.fromClient(error)).isEmpty();
        assertThat(gateway.fromClient(packet(CLIENT_V4, ip("224.0.0.251"), 17, 5353))).isEmpty();
        assertThat(gateway.fromClient(packet(CLIENT_V6, ip("ff02::1"), 17, 5353))).isEmpty();
        assertThat(gateway.dropped(DropReason.CLIENT_ICMP_ERROR)).isEqualTo(1);
        assertThat(gateway.dropped(DropReason.MULTICAST)).isEqualTo(2);
    }

    @Test
    void answersAreFilteredByTheirSourcePort() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8", udp(53, 53)));
        var client = new Endpoint(CLIENT_V4, 4000);

        byte[] good = Packets.udp(Endpoint.parse("10.0.0.1:53"), client, NOTHING);
        byte[] wrongPort = Packets.udp(Endpoint.parse("10.0.0.1:54"), client, NOTHING);
        byte[] wrongSource = Packets.udp(Endpoint.parse("11.0.0.1:53"), client, NOTHING);

        assertIs(gateway.fromTun(good), CLIENT);
        assertThat(gateway.fromTun(wrongPort)).isEmpty();
        assertThat(gateway.fromTun(wrongSource)).isEmpty();
        assertThat(gateway.dropped(DropReason.INBOUND_NOT_ALLOWED)).isEqualTo(2);
    }

    @Test
    void packetsFromTheTunForNobodyAreCounted() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));

        assertThat(gateway.fromTun(packet(ip("10.0.0.1"), ip("192.0.2.1"), 17, 5))).isEmpty();
        assertThat(gateway.fromTun(packet(ip("10.0.0.1"), ip("100.64.0.77"), 17, 5))).isEmpty();
        assertThat(gateway.fromTun(packet(ip("10.0.0.1"), CLIENT_V4, 47, 0))).isEmpty();
        assertThat(gateway.dropped(DropReason.NOT_FOR_CLIENTS)).isEqualTo(1);
        assertThat(gateway.dropped(DropReason.UNKNOWN_CLIENT_ADDRESS)).isEqualTo(1);
        assertThat(gateway.dropped(DropReason.INBOUND_PROTOCOL)).isEqualTo(1);
    }

    @Test
    void brokenPacketsOfEitherSideAreCounted() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));
        byte[] fragment = packet(CLIENT_V4, ip("10.0.0.1"), 17, 5);
        fragment[6] = 0x20; // a first piece of no multiple of 8 bytes
        byte[] large =
                Packets.udp(
                        new Endpoint(CLIENT_V4, 1),
                        Endpoint.parse("10.0.0.1:1"),
                        new byte[IpPacket.LENGTH_MAX]);
        large[6] = 0; // may be cut, so nobody has to be told

        assertThat(gateway.fromClient(new byte[30], fragment, large)).isEmpty();
        assertThat(gateway.fromTun(new byte[30], fragment, large)).isEmpty();
        assertThat(gateway.dropped(DropReason.MALFORMED)).isEqualTo(2);
        assertThat(gateway.dropped(DropReason.BAD_FRAGMENT)).isEqualTo(2);
        assertThat(gateway.dropped(DropReason.TOO_LARGE)).isEqualTo(2);
    }

    @Test
    void runsOfOneFlowAreDecidedLikeSinglePackets() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8", udp(53, 53)));
        byte[] good = packet(CLIENT_V4, ip("10.0.0.1"), 17, 53);
        byte[] bad = packet(CLIENT_V4, ip("10.0.0.1"), 17, 54);

        var sent =
                gateway.fromClient(
                        good.clone(), good.clone(), bad.clone(), bad.clone(), good.clone());

        assertThat(sent)
                .extracting(TestGateway.Sent::client)
                .containsExactly("", "", CLIENT, CLIENT, "");
    }

    @Test
    void paddingBehindThePacketIsCut() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));
        byte[] packet = packet(CLIENT_V4, ip("10.0.0.1"), 17, 53);
        byte[] padded = Arrays.copyOf(packet, packet.length + 9);

        assertThat(gateway.fromClient(padded).getFirst().bytes()).hasSize(packet.length);
    }

    @Test
    void unknownClientsPacketsAreDropped() {
        assertThat(gateway.fromClient(packet(CLIENT_V4, ip("10.0.0.1"), 17, 53))).isEmpty();
        assertThat(gateway.dropped(DropReason.UNKNOWN_CLIENT)).isEqualTo(1);
    }

    private static void assertIs(List<TestGateway.Sent> sent, String client) {
        assertThat(sent).extracting(TestGateway.Sent::client).containsExactly(client);
    }

    private static byte[] packet(IpAddress from, IpAddress to, int protocol, int port) {
        var source = new Endpoint(from, port);
        var destination = new Endpoint(to, port);
        return switch (protocol) {
            case 1 -> Packets.echoRequest(from, to, 9);
            case 6 -> Packets.tcp(source, destination, IpPacket.TCP_SYN, NOTHING);
            case 17 -> Packets.udp(source, destination, new byte[] {1, 2, 3});
            default -> Packets.ip(from, to, protocol, new byte[4]);
        };
    }
}
