package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V6;
import static dev.gatehouse.dataplane.gateway.TestGateway.OTHER_RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.assignedIps;
import static dev.gatehouse.dataplane.gateway.TestGateway.cidr;
import static dev.gatehouse.dataplane.gateway.TestGateway.dns;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static dev.gatehouse.dataplane.gateway.TestGateway.status;
import static dev.gatehouse.dataplane.gateway.TestGateway.tcp;
import static dev.gatehouse.dataplane.gateway.TestGateway.udp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Set-up and use of translated names: tunnel.md 5.3 and 6.
class DnsResourceTest {
    private static final List<String> PROXIES =
            List.of("100.96.0.1", "100.96.0.2", "100.96.0.3", "100.96.0.4");
    private static final String PROXY_V6 = "fd00:2021:1111:8000::1";
    private static final Endpoint CLIENT_PORT = new Endpoint(CLIENT_V4, 4000);
    private static final Endpoint PROXY_WEB = Endpoint.parse("100.96.0.1:80");
    private static final Endpoint REAL_WEB = Endpoint.parse("10.0.0.3:80");
    private static final byte[] DATA = {1, 2, 3};

    private final TestGateway gateway = new TestGateway().authorize(dns(RESOURCE, "*.corp.test"));

    @Test
    void proxiesAreDealtTheSortedAddressesInTurn() {
        var status = gateway.assign("Wiki.corp.test.", PROXIES, "10.0.0.9", "10.0.0.3");

        assertThat(status).isEqualTo(new P2pEvent.DomainStatus(RESOURCE, "Wiki.corp.test.", true));
        assertThat(mapped("100.96.0.1")).isEqualTo(ip("10.0.0.3"));
        assertThat(mapped("100.96.0.2")).isEqualTo(ip("10.0.0.9"));
        assertThat(mapped("100.96.0.3")).isEqualTo(ip("10.0.0.3"));
        assertThat(mapped("100.96.0.4")).isEqualTo(ip("10.0.0.9"));
        var event = (GatewayEvent.DnsMappingChanged) gateway.events().getFirst();
        assertThat(event.mapping().domain()).isEqualTo("wiki.corp.test");
        assertThat(event.mapping().entries()).hasSize(4);
    }

    @Test
    void resourceThatTheClientLacksIsInactiveAtOnce() {
        var sent = gateway.fromClient(assignedIps(OTHER_RESOURCE, "wiki.corp.test", PROXIES));

        assertThat(status(sent).active()).isFalse();
        assertThat(gateway.events()).isEmpty();
    }

    /// tunnel.md 5.3 has the name echoed as it was received: an answer is longer than its request,
    /// so a request of 1,280 bytes must not be one whose answer has no room.
    @ParameterizedTest
    @ValueSource(strings = {"\\u0001", "\\u007f", "\\\"", "\u00e4", "\u20ac", "\\ud83d\\ude00"})
    void noNameMakesAnAnswerThatDoesNotFit(String letter) {
        String resource = RESOURCE.replace("-", "");
        for (int letters = 150; letters <= 255; letters++) {
            var json =
                    "{\"resource\":\"%s\",\"domain\":\"%s\",\"proxy_ips\":[]}"
                            .formatted(resource, letter.repeat(letters))
                            .getBytes(StandardCharsets.UTF_8);
            if (json.length <= 1232) {
                byte[] packet = Arrays.copyOf(TestGateway.control(new P2pEvent.Goodbye()), 48);
                packet[40] = 0;
                byte[] request = Arrays.copyOf(packet, 48 + json.length);
                System.arraycopy(json, 0, request, 48, json.length);
                ByteBuffer.wrap(request).putShort(4, (short) (8 + json.length));

                assertThat(gateway.fromClient(request)).hasSizeLessThan(2);
            }
        }
    }

    @Test
    void otherKindsOfResourcesAndNamesThatDoNotMatchAreInactive() {
        gateway.authorize(cidr(OTHER_RESOURCE, "10.0.0.0/8"));

        var notDns = gateway.fromClient(assignedIps(OTHER_RESOURCE, "wiki.corp.test", PROXIES));
        var noMatch = gateway.fromClient(assignedIps(RESOURCE, "a.b.corp.test", PROXIES));

        assertThat(status(notDns).active()).isFalse();
        assertThat(status(noMatch).active()).isFalse();
    }

    @Test
    void failedLookupIsInactiveAndTheProxyProhibited() {
        gateway.fromClient(assignedIps(RESOURCE, "wiki.corp.test", PROXIES));
        var request = (GatewayEvent.ResolveName) gateway.state.pollEvent();
        assertThat(request.domain()).isEqualTo("wiki.corp.test");

        gateway.state.handleResolveFailed(request.requestId(), gateway, 0);

        assertThat(status(gateway.sent()).active()).isFalse();
        assertIcmp(gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA)), 3, 13);
    }

    @Test
    void resourceTakenAwayDuringTheLookupIsInactive() {
        gateway.authorize(cidr(OTHER_RESOURCE, "10.0.0.0/8"));
        gateway.fromClient(assignedIps(RESOURCE, "wiki.corp.test", PROXIES));
        var request = (GatewayEvent.ResolveName) gateway.state.pollEvent();
        gateway.state.reject(CLIENT, RESOURCE);

        gateway.state.handleResolved(request.requestId(), List.of(ip("10.0.0.3")), gateway, 0);

        assertThat(status(gateway.sent()).active()).isFalse();
    }

    @Test
    void nameWithoutAddressOfAFamilyIsActiveButUnreachable() {
        var proxies = List.of("100.96.0.1", PROXY_V6);

        assertThat(gateway.assign("wiki.corp.test", proxies, "10.0.0.3").active()).isTrue();

        byte[] v6 = Packets.echoRequest(CLIENT_V6, ip(PROXY_V6), 3);
        assertIcmp(gateway.fromClient(v6), 1, 3);
        assertThat(gateway.dropped(DropReason.NAME_WITHOUT_ADDRESS)).isEqualTo(1);
        assertThat(mapped("100.96.0.1")).isEqualTo(ip("10.0.0.3"));
    }

    @Test
    void namesThatLeadIntoTheTunnelsAreUnreachable() {
        gateway.assign("wiki.corp.test", PROXIES, "100.64.0.7", "127.0.0.1", "100.96.0.1");

        assertIcmp(gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA)), 3, 0);
    }

    @Test
    void flowIsTranslatedThereAndBack() {
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");

        var out = gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA));
        var back = gateway.fromTun(Packets.udp(REAL_WEB, CLIENT_PORT, DATA));

        assertThat(out.getFirst()).isEqualTo(tun(Packets.udp(CLIENT_PORT, REAL_WEB, DATA)));
        assertThat(back.getFirst()).isEqualTo(peer(Packets.udp(PROXY_WEB, CLIENT_PORT, DATA)));
    }

    @Test
    void echoIsTranslatedThereAndBackInIpv6() {
        gateway.assign("wiki.corp.test", List.of(PROXY_V6), "2001:db8::7");

        var out = gateway.fromClient(Packets.echoRequest(CLIENT_V6, ip(PROXY_V6), 77));
        var back = gateway.fromTun(Packets.echoReply(ip("2001:db8::7"), CLIENT_V6, 77));

        assertThat(out.getFirst())
                .isEqualTo(tun(Packets.echoRequest(CLIENT_V6, ip("2001:db8::7"), 77)));
        assertThat(back.getFirst()).isEqualTo(peer(Packets.echoReply(ip(PROXY_V6), CLIENT_V6, 77)));
    }

    @Test
    void twoProxiesOfOneAddressGetDifferentPorts() {
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");
        var second = new Endpoint(ip("100.96.0.2"), 80);

        gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA));
        var out = gateway.fromClient(Packets.udp(CLIENT_PORT, second, DATA));
        var shifted = new Endpoint(CLIENT_V4, 4001);
        var back = gateway.fromTun(Packets.udp(REAL_WEB, shifted, DATA));

        assertThat(out.getFirst()).isEqualTo(tun(Packets.udp(shifted, REAL_WEB, DATA)));
        assertThat(back.getFirst()).isEqualTo(peer(Packets.udp(second, CLIENT_PORT, DATA)));
    }

    @Test
    void filtersOfTheResourceHoldInBothDirections() {
        gateway.authorize(dns(RESOURCE, "*.corp.test", tcp(80, 80)));
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");
        byte[] syn = Packets.tcp(CLIENT_PORT, PROXY_WEB, IpPacket.TCP_SYN, DATA);

        assertThat(gateway.fromClient(syn).getFirst().client()).isEmpty();
        assertIcmp(gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA)), 3, 13);
        gateway.authorize(dns(RESOURCE, "*.corp.test", tcp(81, 81)));

        byte[] answer = Packets.tcp(REAL_WEB, CLIENT_PORT, IpPacket.TCP_ACK, DATA);
        assertThat(gateway.fromTun(answer)).isEmpty();
        assertThat(gateway.dropped(DropReason.INBOUND_NOT_ALLOWED)).isEqualTo(1);
    }

    @Test
    void protocolsWithoutIdsAreDroppedSilently() {
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");

        byte[] gre = Packets.ip(CLIENT_V4, ip("100.96.0.1"), 47, DATA);

        assertThat(gateway.fromClient(gre)).isEmpty();
        assertThat(gateway.dropped(DropReason.NAT_PROTOCOL)).isEqualTo(1);
    }

    @Test
    void newAnswersApplyToNewFlowsAlone() {
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");
        gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA));
        gateway.events();

        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.5");

        var other = new Endpoint(CLIENT_V4, 4321);
        assertThat(gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA)).getFirst())
                .isEqualTo(tun(Packets.udp(CLIENT_PORT, REAL_WEB, DATA)));
        assertThat(gateway.fromClient(Packets.udp(other, PROXY_WEB, DATA)).getFirst())
                .isEqualTo(tun(Packets.udp(other, Endpoint.parse("10.0.0.5:80"), DATA)));
    }

    @Test
    void proxyOfAnotherNameMeansTheClientCountsAnew() {
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");
        gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA));
        gateway.events();

        gateway.assign("chat.corp.test", List.of("100.96.0.2"), "10.0.0.8");

        assertThat(gateway.events().getFirst())
                .isEqualTo(new GatewayEvent.DnsMappingsCleared(CLIENT));
        assertThat(gateway.state.natSessions()).isZero();
        assertIcmp(gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA)), 3, 13);
        assertThat(mapped("100.96.0.2")).isEqualTo(ip("10.0.0.8"));
    }

    @Test
    void nameServedByTwoResourcesIsAdmittedByEither() {
        gateway.authorize(dns(RESOURCE, "*.corp.test", udp(1, 1)));
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");
        gateway.events();
        gateway.authorize(dns(OTHER_RESOURCE, "wiki.corp.test", udp(80, 80)));
        gateway.fromClient(assignedIps(OTHER_RESOURCE, "wiki.corp.test", PROXIES));
        var request = (GatewayEvent.ResolveName) gateway.state.pollEvent();
        gateway.state.handleResolved(request.requestId(), List.of(ip("10.0.0.3")), gateway, 0);

        assertThat(gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA)).getFirst())
                .isEqualTo(tun(Packets.udp(CLIENT_PORT, REAL_WEB, DATA)));
        gateway.state.reject(CLIENT, OTHER_RESOURCE);
        assertIcmp(gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA)), 3, 13);
    }

    @Test
    void narrowedPatternTakesTheNameAway() {
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");

        gateway.state.updateResource(dns(RESOURCE, "chat.corp.test"));

        assertIcmp(gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA)), 3, 13);
        assertThat(gateway.state.snapshot().mappings()).isEmpty();
    }

    /// tunnel.md 6.4 step 1: what was translated for one name is not for the next one.
    @Test
    void flowsOfANameThatWasTakenAwayDoNotGoOnUnderAnother() {
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");
        var first = gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA));
        assertThat(first.getFirst().packet().destination()).isEqualTo(ip("10.0.0.3"));

        gateway.events();
        gateway.state.updateResource(dns(RESOURCE, "other.corp.test"));
        assertThat(gateway.assign("other.corp.test", PROXIES, "10.0.0.7").active()).isTrue();

        var second = gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA));
        assertThat(second.getFirst().packet().destination()).isEqualTo(ip("10.0.0.7"));
        assertThat(gateway.fromTun(Packets.udp(REAL_WEB, CLIENT_PORT, DATA))).isEmpty();
        assertThat(gateway.dropped(DropReason.EXPIRED_NAT_SESSION)).isEqualTo(1);
    }

    @Test
    void resolvedAddressesDoNotWidenNetworks() {
        gateway.authorize(cidr(OTHER_RESOURCE, "10.0.0.3/32", udp(1, 1)));
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");

        assertIcmp(gateway.fromClient(Packets.udp(CLIENT_PORT, REAL_WEB, DATA)), 3, 13);
    }

    @ParameterizedTest
    @CsvSource({"3, 4, 1400", "3, 1, 0", "11, 0, 0"})
    void icmpErrorsAreTranslated(int type, int code, int rest) {
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");
        gateway.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA));
        gateway.fromClient(Packets.udp(CLIENT_PORT, new Endpoint(ip("100.96.0.2"), 80), DATA));
        byte[] original = Packets.udp(new Endpoint(CLIENT_V4, 4001), REAL_WEB, DATA);
        byte[] error =
                Packets.icmpError(ip("172.16.0.1"), CLIENT_V4, type << 8 | code, rest, original);

        var packet = gateway.fromTun(error).getFirst().packet();

        assertThat(packet.source()).isEqualTo(ip("100.96.0.2"));
        assertThat(packet.destination()).isEqualTo(CLIENT_V4);
        assertThat(packet.timeToLive()).isEqualTo(20);
        assertThat(packet.icmpType()).isEqualTo(type);
        assertThat(packet.icmpCode()).isEqualTo(code);
        assertThat(packet.buffer().getInt(packet.transportOffset() + 4)).isEqualTo(rest);
        assertThat(packet.isTransportChecksumValid()).isTrue();
        int body = packet.payloadOffset();
        assertThat(IpAddress.readV4(packet.buffer(), body + 16)).isEqualTo(ip("100.96.0.2"));
        assertThat(packet.buffer().getShort(body + 20)).isEqualTo((short) 4000);
    }

    @Test
    void packetTooBigIsTranslatedInIpv6() {
        gateway.assign("wiki.corp.test", List.of(PROXY_V6), "2001:db8::7");
        gateway.fromClient(Packets.echoRequest(CLIENT_V6, ip(PROXY_V6), 77));
        byte[] original = Packets.echoRequest(CLIENT_V6, ip("2001:db8::7"), 77);

        var packet =
                gateway.fromTun(
                                Packets.icmpError(
                                        ip("2001:db8::1"), CLIENT_V6, 0x0200, 1280, original))
                        .getFirst()
                        .packet();

        assertThat(packet.source()).isEqualTo(ip(PROXY_V6));
        assertThat(packet.icmpType()).isEqualTo(2);
        assertThat(packet.isTransportChecksumValid()).isTrue();
        assertThat(IpAddress.readV6(packet.buffer(), packet.payloadOffset() + 24))
                .isEqualTo(ip(PROXY_V6));
    }

    @Test
    void icmpErrorsOfOtherFlowsPassUnchangedAndForeignKindsAreDropped() {
        gateway.authorize(TestGateway.cidr(TestGateway.OTHER_RESOURCE, "10.5.0.0/16"));
        byte[] original = Packets.udp(CLIENT_PORT, Endpoint.parse("10.5.5.5:9"), DATA);
        byte[] error = Packets.icmpError(ip("10.0.0.1"), CLIENT_V4, 0x0303, 0, original);
        byte[] cut = Packets.icmpError(ip("10.0.0.1"), CLIENT_V4, 0x0303, 0, new byte[10]);
        byte[] redirect = Packets.icmpError(ip("10.0.0.1"), CLIENT_V4, 0x0500, 0, original);

        assertThat(gateway.fromTun(error.clone()).getFirst()).isEqualTo(peer(error));
        assertThat(gateway.fromTun(cut)).isEmpty();
        assertThat(gateway.fromTun(redirect)).isEmpty();
        assertThat(gateway.dropped(DropReason.INBOUND_ICMP)).isEqualTo(2);
    }

    @Test
    void excessIsRefusedWithAnAnswer() {
        var limits =
                GatewayLimits.defaults()
                        .with(new GatewayLimits.Resolutions(1, 1, 1, 1))
                        .with(new GatewayLimits.Names(1, 1, 4))
                        .with(new GatewayLimits.Nat(1, 1, 1, 1, 1, 1));
        var small = new TestGateway(limits).authorize(dns(RESOURCE, "*.corp.test"));
        small.fromClient(assignedIps(RESOURCE, "a.corp.test", PROXIES));
        assertThat(small.fromClient(assignedIps(RESOURCE, "b.corp.test", PROXIES))).isEmpty();

        var excess = small.fromClient(assignedIps(RESOURCE, "c.corp.test", PROXIES));

        assertThat(status(excess).active()).isFalse();
        assertThat(small.dropped(DropReason.RESOLUTIONS_FULL)).isEqualTo(1);
        small.after(16);
        assertThat(small.dropped(DropReason.RESOLUTION_LOST)).isEqualTo(2);
        small.events();
        assertThat(small.assign("a.corp.test", PROXIES, "10.0.0.3").active()).isTrue();
        small.events();
        var full = small.fromClient(assignedIps(RESOURCE, "d.corp.test", List.of("100.96.9.9")));
        assertThat(status(full).active()).isFalse();
        assertThat(small.dropped(DropReason.PROXIES_FULL)).isEqualTo(1);
        small.fromClient(Packets.udp(CLIENT_PORT, PROXY_WEB, DATA));
        var other = new Endpoint(CLIENT_V4, 1);
        assertThat(small.fromClient(Packets.udp(other, PROXY_WEB, DATA))).isEmpty();
        assertThat(small.dropped(DropReason.NAT_FULL)).isEqualTo(1);
    }

    @Test
    void flowsBeyondWhatAClientBeginsAreNotForwarded() {
        gateway.assign("web.corp.test", PROXIES, "10.0.0.3");
        for (int port = 1; port <= 10_000; port++) {
            gateway.fromClient(Packets.udp(new Endpoint(CLIENT_V4, port), PROXY_WEB, DATA));
        }

        assertThat(gateway.dropped(DropReason.NAT_TOO_OFTEN)).isEqualTo(10_000 - 8_192);
        var known = Packets.udp(new Endpoint(CLIENT_V4, 1), PROXY_WEB, DATA);
        gateway.fromClient(known);
        gateway.after(1);
        gateway.fromClient(Packets.udp(new Endpoint(CLIENT_V4, 10_001), PROXY_WEB, DATA));
        assertThat(gateway.dropped(DropReason.NAT_TOO_OFTEN)).isEqualTo(10_000 - 8_192);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.0.0.1",
                "100.96.0.1 100.96.0.1",
                "100.96.0.1 100.64.0.7",
                "100.96.0.1 100.96.0.2 100.96.0.3 100.96.0.4 100.96.0.5 100.96.0.6 100.96.0.7"
                        + " 100.96.0.8 100.96.0.9 100.96.0.10 100.96.0.11 100.96.0.12 100.96.0.13"
                        + " 100.96.0.14 100.96.0.15 100.96.0.16 100.96.0.17"
            })
    void addressesThatNoClientGivesMakeTheNameInactive(String addresses) {
        var proxies = Arrays.stream(addresses.split(" ")).filter(a -> !a.isEmpty()).toList();

        var sent = gateway.fromClient(assignedIps(RESOURCE, "wiki.corp.test", proxies));

        assertThat(status(sent).active()).isFalse();
        assertThat(gateway.events()).isEmpty();
        assertThat(gateway.dropped(DropReason.PROXIES_REFUSED)).isEqualTo(1);
        assertThat(gateway.state.names()).isZero();
    }

    /// Each time the client counts anew, but no address stands for another name.
    @Test
    void nameHasABoundedNumberOfAddresses() {
        for (int i = 0; i < 50; i++) {
            var proxies = List.of("100.96.%d.1".formatted(i), "100.96.%d.2".formatted(i));
            assertThat(gateway.assign("wiki.corp.test", proxies, "10.0.0.3").active()).isTrue();
            gateway.events();

            assertThat(gateway.state.snapshot().mappings().getFirst().entries())
                    .hasSizeLessThanOrEqualTo(16);
            assertThat(mapped("100.96.%d.2".formatted(i))).isEqualTo(ip("10.0.0.3"));
        }
        assertThat(gateway.state.names()).isEqualTo(1);
    }

    /// A zone may have thousands of addresses for a name; a client has eight for it.
    @Test
    void onlyAddressesThatAProxyCanStandForAreKept() {
        var many = new String[4_000];
        for (int i = 0; i < many.length; i++) {
            many[i] = "10.1.%d.%d".formatted(i >> 8, i & 255);
        }

        gateway.assign("wiki.corp.test", PROXIES, many);

        assertThat(mapped("100.96.0.4")).isEqualTo(ip("10.1.0.3"));
        assertThat(gateway.state.snapshot().mappings().getFirst().resolved()).hasSize(32);
    }

    @Test
    void spoofedProxyAddressFromTheNetworkIsDropped() {
        gateway.assign("wiki.corp.test", PROXIES, "10.0.0.3");

        assertThat(gateway.fromTun(Packets.udp(PROXY_WEB, CLIENT_PORT, DATA))).isEmpty();
        assertThat(gateway.dropped(DropReason.FORGED_SOURCE)).isEqualTo(1);
    }

    /// The real address behind a proxy, found by sending to it.
    private IpAddress mapped(String proxy) {
        byte[] packet = Packets.udp(CLIENT_PORT, new Endpoint(ip(proxy), 53), DATA);
        var sent = gateway.fromClient(packet).getFirst();
        assertThat(sent.client()).isEmpty();
        assertThat(sent.packet().protocol()).isEqualTo(IpProtocol.UDP);
        return sent.packet().destination();
    }

    private static void assertIcmp(List<TestGateway.Sent> sent, int type, int code) {
        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().client()).isEqualTo(CLIENT);
        assertThat(sent.getFirst().packet().icmpType()).isEqualTo(type);
        assertThat(sent.getFirst().packet().icmpCode()).isEqualTo(code);
    }

    private static TestGateway.Sent tun(byte[] packet) {
        return TestGateway.sent("", packet);
    }

    private static TestGateway.Sent peer(byte[] packet) {
        return TestGateway.sent(CLIENT, packet);
    }
}
