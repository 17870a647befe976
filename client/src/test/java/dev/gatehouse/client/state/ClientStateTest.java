package dev.gatehouse.client.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.testkit.Fragments;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpNetwork;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// The interface, where packets may go and come from, and what the portal takes back: client.md
/// 5 to 7.
class ClientStateTest extends ClientFixture {
    private static final Resource INTERNET =
            new Resource.Internet(INTERNET_ID, "Internet", List.of(SITE));

    @Test
    void datagramsInPiecesGoBothWays() {
        init(LAB_NET);
        var request = Fragments.cut(Packets.udp(APP, LAB, new byte[3_000]), 1, 1_232);
        var reply = Fragments.cut(Packets.udp(LAB, APP, new byte[3_000]), 1, 1_232);

        request.forEach(piece -> fromTun(0, piece)); // wait for the flow
        state.handleFlow(flow(CIDR_ID, GATEWAY), ms(30));
        request.forEach(piece -> fromTun(ms(40), piece));
        reply.forEach(piece -> fromGateway(piece, ms(50)));

        assertThat(tunnels.sent.stream().map(RecordingTunnels.Sent::packet))
                .containsExactlyElementsOf(
                        Stream.concat(request.stream(), request.stream()).toList());
        assertThat(tunnels.tun).containsExactlyElementsOf(reply);
    }

    @Test
    void aPacketAboveTheTunnelsLimitIsAnsweredWithThatLimit() {
        init(LAB_NET);

        fromTun(0, Packets.udp(APP, LAB, new byte[1_300]));

        var answer = Packets.view(tunnels.tun.getFirst());
        assertThat(answer.icmpType() << 8 | answer.icmpCode()).isEqualTo(3 << 8 | 4);
        assertThat(answer.buffer().getInt(answer.transportOffset() + 4)).isEqualTo(1_280);
        assertThat(flowsAsked()).isEmpty();
    }

    @Test
    void foreignSourcesMulticastAndUnknownDestinationsAreDropped() {
        init(LAB_NET);
        fromTun(0, Packets.udp(Endpoint.parse("192.168.1.2:1"), LAB, new byte[4]));
        fromTun(0, data(Endpoint.parse("224.0.0.22:1"), 1));
        fromTun(0, data(Endpoint.parse("198.51.100.1:1"), 1));
        fromTun(0, data(Endpoint.parse("100.64.9.9:1"), 1));
        fromTun(0, data(Endpoint.parse("100.100.111.77:53"), 1));

        assertThat(events()).isEmpty();
        assertThat(tunnels.sent).isEmpty();
    }

    @Test
    void gatewaysMaySendOnlyFromWhatTheyServe() {
        init(LAB_NET, WIKI);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);

        fromGateway(Packets.udp(LAB, APP, new byte[1]), 0);
        fromGateway(Packets.udp(new Endpoint(GATEWAY_V4, 1), APP, new byte[1]), 0);
        assertThat(tunnels.tun).hasSize(2);
        fromGateway(Packets.udp(Endpoint.parse("10.21.0.1:1"), APP, new byte[1]), 0);
        fromGateway(Packets.udp(PROXY, APP, new byte[1]), 0);
        state.handlePlaintexts(
                OTHER_GATEWAY, Packets.batch(Packets.udp(LAB, APP, new byte[1])), 0, 1, 0);

        assertThat(tunnels.tun).hasSize(2);
    }

    @Test
    void aRepeatedInitDisturbsNothing() {
        init(LAB_NET, WIKI);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        events();

        state.handleInit(INTERFACE, List.of(LAB_NET, WIKI), 0);

        assertThat(events()).isEmpty();
        assertThat(tunnels.closed).isEmpty();
        fromTun(0, data(LAB, 1));
        assertThat(tunnels.sent).hasSize(2);
    }

    @Test
    void aChangedAddressReleasesTheResource() {
        init(LAB_NET);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);

        state.handleResource(
                new Resource.Cidr(CIDR_ID, "Lab", IpNetwork.parse("10.30.0.0/16"), List.of(SITE)),
                0);

        assertThat(tunnels.closed).containsExactly(GATEWAY);
        assertThat(state.tunConfig().orElseThrow().routes())
                .contains(IpNetwork.parse("10.30.0.0/16"))
                .doesNotContain(IpNetwork.parse("10.20.0.0/16"));
    }

    @Test
    void defaultRoutesAppearOnlyWithTheInternetResourceGrantedAndSwitchedOn() {
        init(INTERNET);
        assertThat(state.tunConfig().orElseThrow().routes()).hasSize(6);

        state.activateInternet(true, 0);

        assertThat(state.tunConfig().orElseThrow().routes())
                .hasSize(8)
                .contains(IpNetwork.parse("0.0.0.0/0"), IpNetwork.parse("::/0"));
        fromTun(0, data(Endpoint.parse("198.51.100.1:1"), 1));
        assertThat(flowsAsked()).containsExactly(INTERNET_ID);
        state.handleResourceDeleted(INTERNET_ID, 0);
        state.handleResource(INTERNET, 0);
        assertThat(state.tunConfig().orElseThrow().routes()).hasSize(6);
    }

    @Test
    void aResetForgetsGatewaysButKeepsNamesAndPendingFlows() {
        init(LAB_NET, WIKI);
        ask("db.corp.test.", Type.A, 0);
        fromTun(0, syn(PROXY));
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        events();

        state.reset(ms(10));
        state.handleInit(INTERFACE, List.of(LAB_NET, WIKI), ms(20));

        assertThat(tunnels.closed).containsExactly(GATEWAY);
        assertThat(events()).contains(new ClientEvent.CreateFlow(DNS_ID, List.of()));
        ask("other.corp.test.", Type.A, ms(30));
        assertThat(answer().getSection(Section.ANSWER).getFirst().rdataToString())
                .isEqualTo("100.96.0.5");
    }

    @Test
    void congestionMarksOfTheOuterPacketReachAnInnerPacketThatCanCarryThem() {
        init(LAB_NET);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        var capable = Packets.udp(LAB, APP, new byte[1]);
        var view = Packets.view(capable);
        view.ecn(2);
        var batch = Packets.batch(capable, Packets.udp(LAB, APP, new byte[1]));
        batch.ecn(0, 3);
        batch.ecn(1, 3);

        state.handlePlaintexts(GATEWAY, batch, 0, 2, 0);

        assertThat(Packets.view(tunnels.tun.get(0)).ecn()).isEqualTo(3);
        assertThat(Packets.view(tunnels.tun.get(1)).ecn()).isZero();
    }

    @Test
    void randomPacketsNeverThrow() {
        init(LAB_NET, WIKI, INTERNET);
        state.activateInternet(true, 0);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        var random = new java.util.SplittableRandom(5);
        var seeds =
                List.of(
                        Packets.udp(APP, SENTINEL, query("a.corp.test.", Type.A).toWire()),
                        syn(LAB),
                        control(new P2pEvent.DomainStatus(DNS_ID, "a.corp.test", true)),
                        Packets.icmpError(LAB.address(), OWN_V4, 3 << 8 | 13, 0, syn(LAB)));
        for (int i = 0; i < 4000; i++) {
            var packet = seeds.get(random.nextInt(seeds.size())).clone();
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                packet[random.nextInt(packet.length)] ^= (byte) (1 << random.nextInt(8));
            }
            var cut = Arrays.copyOf(packet, random.nextInt(packet.length) + 1);
            fromTun(ms(i), random.nextBoolean() ? cut : packet);
            fromGateway(random.nextBoolean() ? cut.clone() : packet.clone(), ms(i));
            events();
            tunnels.sent.clear();
            tunnels.tun.clear();
        }
        assertThat(state.tunConfig()).isPresent();
    }
}
