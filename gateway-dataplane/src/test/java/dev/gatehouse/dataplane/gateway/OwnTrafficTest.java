package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V6;
import static dev.gatehouse.dataplane.gateway.TestGateway.GATEWAY_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.GATEWAY_V6;
import static dev.gatehouse.dataplane.gateway.TestGateway.OTHER_RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.cidr;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What passes between a client and the gateway itself, and what strangers on the gateway's links
/// make of its address.
class OwnTrafficTest {
    private static final int DNS = 53_535;
    private static final int PORT = 4_000;
    private static final byte[] NOTHING = {};

    private final TestGateway gateway = new TestGateway();

    @BeforeEach
    void authorize() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8", TestGateway.udp(53, 53)));
        gateway.authorize(cidr(OTHER_RESOURCE, "100.64.0.0/10")); // opens nothing of the tunnels
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClientReachesTheNameServerAndEchoAlone(boolean v4) {
        assertIs(gateway.fromClient(udp(client(v4), own(v4), DNS)), "");
        assertIs(gateway.fromClient(tcp(client(v4), own(v4), DNS)), "");
        assertIs(gateway.fromClient(Packets.echoRequest(client(v4), own(v4), 3)), "");
        int refused = 0;
        for (int port : new int[] {22, 53, 80, 443, 8080, 8081, 53_534, 53_536}) {
            assertProhibited(gateway.fromClient(udp(client(v4), own(v4), port)));
            assertProhibited(gateway.fromClient(tcp(client(v4), own(v4), port)));
            refused += 2;
        }
        assertProhibited(gateway.fromClient(Packets.ip(client(v4), own(v4), 47, new byte[4])));
        assertThat(gateway.dropped(DropReason.GATEWAY_CLOSED)).isEqualTo(refused + 1);
    }

    @Test
    void noFlowOpensAnother() {
        byte[] good = udp(CLIENT_V4, GATEWAY_V4, DNS);
        byte[] bad = udp(CLIENT_V4, GATEWAY_V4, 8081);

        var sent = gateway.fromClient(good.clone(), good.clone(), bad, good.clone());

        assertThat(sent).extracting(TestGateway.Sent::client).containsExactly("", "", CLIENT, "");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatComesInTheGatewaysNamePassesOnceAsked(boolean v4) {
        assertThat(gateway.fromTun(udpFrom(own(v4), DNS, client(v4), PORT))).isEmpty();
        assertThat(gateway.dropped(DropReason.UNASKED)).isEqualTo(1);

        gateway.fromClient(udp(client(v4), own(v4), DNS));

        assertIs(gateway.fromTun(udpFrom(own(v4), DNS, client(v4), PORT)), CLIENT);
        assertThat(gateway.fromTun(udpFrom(own(v4), DNS, client(v4), PORT + 1))).isEmpty();
        assertThat(gateway.fromTun(udpFrom(own(v4), DNS - 1, client(v4), PORT))).isEmpty();
        assertThat(gateway.fromTun(tcp(own(v4), client(v4), PORT))).isEmpty();
        assertThat(gateway.fromTun(Packets.echoRequest(own(v4), client(v4), 3))).isEmpty();
        assertThat(gateway.dropped(DropReason.UNASKED)).isEqualTo(5);
    }

    @Test
    void aQuestionIsForgottenAfterAMinuteOrTwo() {
        gateway.fromClient(udp(CLIENT_V4, GATEWAY_V4, DNS));
        gateway.after(60);
        assertIs(gateway.fromTun(udpFrom(GATEWAY_V4, DNS, CLIENT_V4, PORT)), CLIENT);
        gateway.after(60);
        assertThat(gateway.fromTun(udpFrom(GATEWAY_V4, DNS, CLIENT_V4, PORT))).isEmpty();
        gateway.fromClient(udp(CLIENT_V4, GATEWAY_V4, DNS));
        gateway.nowNs += 600 * TestGateway.SECOND_NS;
        assertThat(gateway.fromTun(udpFrom(GATEWAY_V4, DNS, CLIENT_V4, PORT))).isEmpty();
    }

    @Test
    void echoIsAnswered() {
        byte[] request = Packets.echoRequest(CLIENT_V4, GATEWAY_V4, 3);
        gateway.fromClient(request.clone());

        byte[] reply = Packets.echoRequest(GATEWAY_V4, CLIENT_V4, 3);
        reply[20] = 0;

        assertIs(gateway.fromTun(reply), CLIENT);
    }

    @ParameterizedTest
    @CsvSource({
        "100.64.0.9",
        "100.95.255.254",
        "100.96.0.1",
        "100.100.111.1",
        "fd00:2021:1111::9",
        "fd00:2021:1111:8000::1",
        "fd00:2021:1111:8000:100:100:111:0"
    })
    void noStrangerHasAnAddressOfTheTunnels(String address) {
        var forged = ip(address);
        var client = client(forged.isV4());
        byte[] error =
                Packets.icmpError(forged, client, forged.isV4() ? 0x0301 : 0x0100, 0, new byte[48]);

        assertThat(gateway.fromTun(udpFrom(forged, DNS, client, PORT))).isEmpty();
        assertThat(gateway.fromTun(tcp(forged, client, PORT))).isEmpty();
        assertThat(gateway.fromTun(error)).isEmpty();
        assertThat(gateway.dropped(DropReason.FORGED_SOURCE)).isGreaterThanOrEqualTo(2);
    }

    /// A share is ten times what a browser's tabs ask at once, and it comes back.
    @Test
    void aFloodToTheGatewayIsCutAndCounted() {
        int passed = 0;
        for (int i = 0; i < 2 * OwnTraffic.BURST; i++) {
            passed += gateway.fromClient(udp(CLIENT_V4, GATEWAY_V4, DNS)).size();
        }
        assertThat(passed).isEqualTo(OwnTraffic.BURST);
        assertThat(gateway.dropped(DropReason.GATEWAY_BUSY)).isEqualTo(OwnTraffic.BURST);
        gateway.after(1);
        assertIs(gateway.fromClient(udp(CLIENT_V4, GATEWAY_V4, DNS)), "");
    }

    @Test
    void errorsAboutWhatTheClientMayNotSendAreMadeUp() {
        byte[] allowed = udpFrom(CLIENT_V4, PORT, ip("10.0.0.1"), 53);
        byte[] refused = udpFrom(CLIENT_V4, PORT, ip("10.0.0.1"), 54);
        byte[] others = udpFrom(ip("100.64.0.9"), PORT, ip("10.0.0.1"), 53);
        byte[] unasked = udpFrom(CLIENT_V4, PORT + 1, GATEWAY_V4, DNS);
        byte[] asked = udpFrom(CLIENT_V4, PORT, GATEWAY_V4, DNS);
        gateway.fromClient(asked.clone());

        assertIs(gateway.fromTun(error(allowed)), CLIENT);
        assertIs(gateway.fromTun(error(asked)), CLIENT);
        for (byte[] about : List.of(refused, others, unasked)) {
            assertThat(gateway.fromTun(error(about))).isEmpty();
        }
        assertThat(gateway.dropped(DropReason.INBOUND_ERROR)).isEqualTo(3);
    }

    private static byte[] error(byte[] about) {
        return Packets.icmpError(
                ip("10.0.0.254"), CLIENT_V4, 0x0304, 1000, Arrays.copyOf(about, 28));
    }

    private static void assertIs(List<TestGateway.Sent> sent, String client) {
        assertThat(sent).extracting(TestGateway.Sent::client).containsExactly(client);
    }

    private static void assertProhibited(List<TestGateway.Sent> sent) {
        assertIs(sent, CLIENT);
        var packet = sent.getFirst().packet();
        assertThat(packet.icmpCode()).isEqualTo(packet.isV4() ? 13 : 1);
    }

    private static IpAddress client(boolean v4) {
        return v4 ? CLIENT_V4 : CLIENT_V6;
    }

    private static IpAddress own(boolean v4) {
        return v4 ? GATEWAY_V4 : GATEWAY_V6;
    }

    private static byte[] udp(IpAddress from, IpAddress to, int port) {
        return udpFrom(from, PORT, to, port);
    }

    private static byte[] udpFrom(IpAddress from, int fromPort, IpAddress to, int port) {
        return Packets.udp(new Endpoint(from, fromPort), new Endpoint(to, port), new byte[8]);
    }

    private static byte[] tcp(IpAddress from, IpAddress to, int port) {
        return Packets.tcp(
                new Endpoint(from, PORT), new Endpoint(to, port), IpPacket.TCP_SYN, NOTHING);
    }
}
