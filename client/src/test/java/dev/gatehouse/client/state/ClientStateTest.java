package dev.gatehouse.client.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.SiteStatus;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.grant.Site;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.testkit.Fragments;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.Type;

class ClientStateTest {
    private static final IpAddress OWN_V4 = IpAddress.parse("100.80.1.2");
    private static final IpAddress OWN_V6 = IpAddress.parse("fd00:2021:1111::2:9");
    private static final IpAddress GATEWAY_V4 = IpAddress.parse("100.70.12.34");
    private static final IpAddress GATEWAY_V6 = IpAddress.parse("fd00:2021:1111::1a:2b3c");
    private static final long NOT_IN_USE_NS = Duration.ofSeconds(20).toNanos();
    private static final Endpoint APP = new Endpoint(OWN_V4, 40000);
    private static final Endpoint LAB = Endpoint.parse("10.20.0.9:443");
    private static final Endpoint SENTINEL = Endpoint.parse("100.100.111.1:53");
    private static final Endpoint PROXY = Endpoint.parse("100.96.0.1:443");
    private static final Endpoint UPSTREAM = Endpoint.parse("192.0.2.53:53");
    private static final String GATEWAY = "b1e6c0de-52a4-4a0c-8f39-2f5b7c8d9e10";
    private static final String OTHER_GATEWAY = "c1e6c0de-52a4-4a0c-8f39-2f5b7c8d9e10";
    private static final String CIDR_ID = "0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    private static final String DNS_ID = "1d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    private static final String INTERNET_ID = "2d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    private static final Site SITE = new Site("c7d2e9f4-1a6b-4d38-8e5c-9b0a1f2e3d44", "HQ");
    private static final Resource LAB_NET =
            new Resource.Cidr(CIDR_ID, "Lab", IpNetwork.parse("10.20.0.0/16"), List.of(SITE));
    private static final Resource WIKI =
            new Resource.Dns(DNS_ID, "Wiki", "*.corp.test", Resource.IpStack.DUAL, List.of(SITE));
    private static final Resource INTERNET =
            new Resource.Internet(INTERNET_ID, "Internet", List.of(SITE));
    private static final InterfaceConfig INTERFACE =
            new InterfaceConfig(OWN_V4, OWN_V6, List.of(UPSTREAM), Optional.of("corp.test"));

    private final RecordingTunnels tunnels = new RecordingTunnels();
    private final ClientState state = new ClientState(tunnels, false);

    private static long ms(long ms) {
        return Duration.ofMillis(ms).toNanos();
    }

    private void init(Resource... resources) {
        state.handleInit(INTERFACE, List.of(resources), 0);
        events();
    }

    private List<ClientEvent> events() {
        var events = new ArrayList<ClientEvent>();
        for (var e = state.pollEvent(); e != null; e = state.pollEvent()) {
            events.add(e);
        }
        return events;
    }

    private List<String> flowsAsked() {
        return events().stream()
                .filter(ClientEvent.CreateFlow.class::isInstance)
                .map(e -> ((ClientEvent.CreateFlow) e).resourceId())
                .toList();
    }

    private void fromTun(long nowNs, byte[]... packets) {
        state.handleTunPackets(Packets.batch(packets), nowNs);
    }

    private void fromGateway(byte[] packet, long nowNs) {
        state.handlePlaintexts(GATEWAY, Packets.batch(packet), 0, 1, nowNs);
    }

    private static byte[] syn(Endpoint to) {
        return Packets.tcp(APP, to, IpPacket.TCP_SYN, new byte[0]);
    }

    private static byte[] data(Endpoint to, int number) {
        return Packets.udp(APP, to, new byte[] {(byte) number});
    }

    private static Flow flow(String resourceId, String gatewayId) {
        var keys = new Flow.Keys("", "", "a", "b", "c", "d");
        return new Flow(resourceId, gatewayId, SITE.id(), GATEWAY_V4, GATEWAY_V6, keys);
    }

    private static Message query(String name, int type) {
        try {
            var message = new Message(0x1234);
            message.getHeader().setFlag(Flags.RD);
            var question = Record.newRecord(Name.fromString(name, Name.root), type, DClass.IN);
            message.addRecord(question, Section.QUESTION);
            return message;
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private void ask(String name, int type, long nowNs) {
        fromTun(nowNs, Packets.udp(APP, SENTINEL, query(name, type).toWire()));
    }

    private Message answer() {
        return dns(tunnels.tun.removeLast());
    }

    private static Message dns(byte[] packet) {
        var view = Packets.view(packet);
        assertThat(view.isTransportChecksumValid()).isTrue();
        int at = view.payloadOffset();
        return DnsWire.read(Arrays.copyOfRange(packet, at, packet.length));
    }

    private static byte[] control(P2pEvent event) {
        var buffer = ByteBuffer.allocate(1280);
        return Arrays.copyOf(buffer.array(), P2pControl.encode(event, buffer, 0));
    }

    private List<P2pEvent> controlSent() {
        return tunnels.sent.stream()
                .map(sent -> Packets.view(sent.packet()))
                .filter(P2pControl::isControl)
                .map(P2pControl::decode)
                .toList();
    }

    @Test
    void theFirstPacketAsksForAFlowAtOnceAndLeavesWithItsAnswer() {
        init(LAB_NET);

        fromTun(0, syn(LAB));
        assertThat(events()).containsExactly(new ClientEvent.CreateFlow(CIDR_ID, List.of()));
        state.handleFlow(flow(CIDR_ID, GATEWAY), ms(30));

        assertThat(tunnels.connected).containsExactly(GATEWAY);
        assertThat(tunnels.sent).hasSize(1);
        assertThat(tunnels.sent.getFirst().packet()).isEqualTo(syn(LAB));
        fromTun(ms(40), data(LAB, 1), data(LAB, 2));
        assertThat(tunnels.sent).hasSize(3);
        assertThat(flowsAsked()).isEmpty();
    }

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
    void whileAFlowIsPendingTrafficAsksAgainEveryTwoSeconds() {
        init(LAB_NET);
        fromTun(0, data(LAB, 1));
        fromTun(ms(1999), data(LAB, 2));
        assertThat(flowsAsked()).hasSize(1);

        fromTun(ms(2000), data(LAB, 3));

        assertThat(flowsAsked()).hasSize(1);
    }

    @Test
    void aFloodToAGatewayThatIsGoneAsksEverLessOften() {
        init(LAB_NET);

        int asked = flood(0, 5_000);
        assertThat(asked).as("in 5 s").isBetween(3, 4);
        assertThat(flood(5_000, 65_000)).as("in the minute after").isBetween(11, 13);

        fromTun(ms(67_000), syn(LAB));
        assertThat(flowsAsked()).as("a packet after a pause").containsExactly(CIDR_ID);
        state.handleFlow(flow(CIDR_ID, GATEWAY), ms(67_001));
        assertThat(tunnels.sent.getLast().packet()).isEqualTo(syn(LAB));
    }

    /// A packet each 10 ms; the portal answers each request at once.
    private int flood(int fromMs, int untilMs) {
        int asked = 0;
        for (int at = fromMs; at < untilMs; at += 10) {
            fromTun(ms(at), data(LAB, at / 10));
            for (var resource : flowsAsked()) {
                asked++;
                state.handleFlowRefused(resource, "offline", ms(at));
            }
        }
        return asked;
    }

    @Test
    void aRepeatedSynAsksEachTime() {
        init(LAB_NET);
        for (int second : List.of(0, 3, 7, 15, 31)) {
            fromTun(ms(1000 * second), syn(LAB));

            assertThat(flowsAsked()).as("after %d s", second).containsExactly(CIDR_ID);
            state.handleFlowRefused(CIDR_ID, "offline", ms(1000 * second));
        }
    }

    @Test
    void onceTheGatewayIsBackAFloodGetsThroughWithinSeconds() {
        init(LAB_NET);
        flood(0, 60_000);

        int at = 60_000;
        while (flowsAsked().isEmpty()) {
            fromTun(ms(at), data(LAB, at / 10));
            at += 10;
        }

        assertThat(at).isLessThanOrEqualTo(65_000);
        state.handleFlow(flow(CIDR_ID, GATEWAY), ms(at));
        assertThat(tunnels.sent).as("what waited").hasSize(128);
    }

    @ParameterizedTest
    @ValueSource(strings = {"offline", "forbidden"})
    void queriesForManyNamesOfOneResourceAskTogether(String reason) {
        init(WIKI);
        int asked = 0;

        for (int i = 0; i < 500; i++) {
            ask("n" + i + ".corp.test", Type.SRV, ms(10 * i));
            for (var resource : flowsAsked()) {
                asked++;
                state.handleFlowRefused(resource, reason, ms(10 * i));
            }
        }

        assertThat(asked).isBetween(2, 4);
        assertThat(tunnels.tun)
                .as("nobody waits for a request that is held back")
                .hasSize(500)
                .allMatch(packet -> dns(packet).getRcode() == Rcode.SERVFAIL);
    }

    @Test
    void prohibitedPacketsAskForTheFlowEverLessOften() {
        init(LAB_NET);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        events();
        var error = Packets.icmpError(LAB.address(), OWN_V4, 3 << 8 | 13, 0, syn(LAB));
        int asked = 0;

        for (int at = 0; at < 60_000; at += 10) {
            fromGateway(error, ms(at));
            for (var resource : flowsAsked()) {
                asked++;
                state.handleFlow(flow(resource, GATEWAY), ms(at));
            }
        }

        assertThat(asked).isBetween(5, 7);
        fromGateway(error, ms(63_000));
        assertThat(flowsAsked()).containsExactly(CIDR_ID);
    }

    @Test
    void parkedPacketsAreTheNewest128WithoutRepetitions() {
        init(LAB_NET);
        fromTun(0, syn(LAB), syn(LAB));
        for (int i = 0; i < 130; i++) {
            fromTun(0, data(LAB, i));
        }

        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);

        assertThat(tunnels.sent).hasSize(128);
        assertThat(tunnels.sent.getFirst().packet()).isEqualTo(data(LAB, 2));
    }

    @Test
    void theNextRequestNamesTheGatewaysUsedBefore() {
        init(LAB_NET, WIKI);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        ask("db.corp.test", Type.A, 0);
        events();

        fromTun(0, syn(PROXY));

        assertThat(events()).containsExactly(new ClientEvent.CreateFlow(DNS_ID, List.of(GATEWAY)));
    }

    @Test
    void flowsThatNobodyAskedForAreIgnored() {
        init(LAB_NET);
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        state.handleFlow(flow(DNS_ID, GATEWAY), 0);

        assertThat(tunnels.connected).isEmpty();
    }

    @Test
    void withoutRelaysTheFlowStaysPendingAndTheNextLoginAsksAgain() {
        init(LAB_NET);
        tunnels.hasRelays = false;
        fromTun(0, syn(LAB));
        events();

        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        assertThat(events()).containsExactly(new ClientEvent.NeedRelays());
        tunnels.hasRelays = true;
        state.handleInit(INTERFACE, List.of(LAB_NET), ms(100));

        assertThat(flowsAsked()).containsExactly(CIDR_ID);
        state.handleFlow(flow(CIDR_ID, GATEWAY), ms(200));
        assertThat(tunnels.sent).hasSize(1);
    }

    @Test
    void refusedAsOfflineDropsWhatWaitsAndMarksTheSites() {
        init(LAB_NET);
        fromTun(0, syn(LAB));
        state.handleFlowRefused(CIDR_ID, "forbidden", 0);
        assertThat(state.resources().getFirst().status()).isEqualTo(SiteStatus.UNKNOWN);

        state.handleFlowRefused(CIDR_ID, "offline", 0);

        assertThat(state.resources().getFirst().status()).isEqualTo(SiteStatus.OFFLINE);
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        assertThat(tunnels.connected).isEmpty();
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
    void aNameOfAResourceGetsFourAddressesOfEachFamily() {
        init(WIKI);

        ask("DB.corp.test.", Type.A, 0);
        var v4 = answer();
        ask("db.corp.test.", Type.AAAA, 0);
        assertThat(flowsAsked()).as("the site is asked for the family").containsExactly(DNS_ID);
        state.handleTimeout(state.pollTimeout());
        var v6 = answer();

        assertThat(v4.getHeader().getID()).isEqualTo(0x1234);
        assertThat(v4.getHeader().getFlag(Flags.QR)).isTrue();
        assertThat(v4.getHeader().getFlag(Flags.RD)).isTrue();
        assertThat(v4.getHeader().getFlag(Flags.RA)).isTrue();
        assertThat(v4.getSection(Section.ANSWER))
                .extracting(Record::rdataToString)
                .containsExactly("100.96.0.1", "100.96.0.2", "100.96.0.3", "100.96.0.4");
        assertThat(v4.getSection(Section.ANSWER))
                .allSatisfy(r -> assertThat(r.getTTL()).isEqualTo(1));
        assertThat(v6.getSection(Section.ANSWER)).hasSize(4);
        assertThat(events()).isEmpty();
    }

    @Test
    void aResourceOfOneFamilyAnswersTheOtherWithNothing() {
        init(new Resource.Dns(DNS_ID, "v6", "v6.test", Resource.IpStack.IPV6_ONLY, List.of(SITE)));

        ask("v6.test.", Type.A, 0);
        var v4 = answer();
        ask("v6.test.", Type.AAAA, 0);

        assertThat(v4.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(v4.getSection(Section.ANSWER)).isEmpty();
        assertThat(answer().getSection(Section.ANSWER)).hasSize(4);
    }

    @Test
    void aResourceThatLosesAFamilyNoLongerAnswersForIt() {
        init(WIKI);
        ask("db.corp.test.", Type.AAAA, 0);
        state.handleTimeout(state.pollTimeout());
        assertThat(answer().getSection(Section.ANSWER)).hasSize(4);

        state.handleResource(
                new Resource.Dns(
                        DNS_ID, "Wiki", "*.corp.test", Resource.IpStack.IPV4_ONLY, List.of(SITE)),
                0);

        ask("db.corp.test.", Type.AAAA, 0);
        assertThat(answer().getSection(Section.ANSWER)).isEmpty();
        ask("db.corp.test.", Type.A, 0);
        assertThat(answer().getSection(Section.ANSWER))
                .extracting(Record::rdataToString)
                .as("those it had")
                .startsWith("100.96.0.1");
    }

    @Test
    void theStubKnowsCanaryHttpsAndReverseNames() {
        init(WIKI);
        ask("use-application-dns.net.", Type.A, 0);
        assertThat(answer().getRcode()).isEqualTo(Rcode.NXDOMAIN);
        ask("db.corp.test.", Type.HTTPS, 0);
        assertThat(answer().getSection(Section.ANSWER)).isEmpty();
        ask("db.corp.test.", Type.A, 0);
        answer();

        ask("1.0.96.100.in-addr.arpa.", Type.PTR, 0);

        assertThat(answer().getSection(Section.ANSWER))
                .extracting(Record::rdataToString)
                .containsExactly("db.corp.test.");
        ask(
                "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.1.1.1.1.2.0.2.0.0.d.f.ip6.arpa.",
                Type.PTR,
                0);
        assertThat(answer().getSection(Section.ANSWER)).hasSize(1);
    }

    @Test
    void otherQueriesAreForwardedAndTheirAnswersCached() {
        init(WIKI);
        ask("example.com.", Type.A, 0);
        var forwarded = (ClientEvent.ForwardQuery) events().getFirst();
        assertThat(forwarded.server()).isEqualTo(UPSTREAM);

        var reply = realAnswer(60);
        state.handleDnsResponse(forwarded.ticket(), new DnsPayload(reply.toWire()), ms(10));
        assertThat(answer().getSection(Section.ANSWER)).hasSize(1);

        ask("example.com.", Type.A, ms(10_010));
        assertThat(events()).isEmpty();
        assertThat(answer().getSection(Section.ANSWER).getFirst().getTTL()).isEqualTo(50);
        ask("example.com.", Type.A, ms(60_010));
        assertThat(events()).hasSize(1);
    }

    private static Message realAnswer(long ttl) {
        try {
            var reply = DnsWire.reply(query("example.com.", Type.A));
            var address = java.net.InetAddress.getByAddress(new byte[] {1, 2, 3, 4});
            var owner = Name.fromString("example.com.");
            reply.addRecord(new ARecord(owner, DClass.IN, ttl, address), Section.ANSWER);
            return reply;
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void aServerThatFailsGivesServfailAndASilentOneNothing() {
        init(WIKI);
        ask("a.test.", Type.A, 0);
        ask("b.test.", Type.A, 0);
        var asked = events();

        state.handleDnsFailure(((ClientEvent.ForwardQuery) asked.get(0)).ticket());
        state.handleDnsTimeout(((ClientEvent.ForwardQuery) asked.get(1)).ticket());

        assertThat(tunnels.tun).hasSize(1);
        assertThat(answer().getRcode()).isEqualTo(Rcode.SERVFAIL);
    }

    @Test
    void aServerInsideAResourceIsAskedThroughTheTunnel() {
        var inside = Endpoint.parse("10.20.0.53:53");
        var config = new InterfaceConfig(OWN_V4, OWN_V6, List.of(inside), Optional.empty());
        state.handleInit(config, List.of(LAB_NET), 0);
        events();

        ask("example.com.", Type.A, 0);
        assertThat(flowsAsked()).containsExactly(CIDR_ID);
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        var sent = Packets.view(tunnels.sent.getFirst().packet());
        assertThat(sent.isTo(inside.address())).isTrue();
        assertThat(sent.isTransportChecksumValid()).isTrue();

        fromGateway(Packets.udp(inside, APP, realAnswer(60).toWire()), ms(5));

        var packet = Packets.view(tunnels.tun.getFirst());
        assertThat(packet.isFrom(SENTINEL.address())).isTrue();
        assertThat(answer().getSection(Section.ANSWER)).hasSize(1);
    }

    @Test
    void serviceRecordsOfAResourceAreAskedFromItsGateway() {
        init(WIKI);
        ask("_ldap._tcp.corp.test.", Type.SRV, 0);
        assertThat(events()).hasSize(1); // two labels: not a name of the resource
        ask("ldap.corp.test.", Type.SRV, 0);
        assertThat(flowsAsked()).containsExactly(DNS_ID);

        state.handleFlow(flow(DNS_ID, GATEWAY), 0);

        var sent = Packets.view(tunnels.sent.getLast().packet());
        assertThat(sent.isTo(GATEWAY_V4)).isTrue();
        assertThat(sent.destinationPort()).isEqualTo(53535);
    }

    /// Its keys follow from its public key (portal-channel.md 7.5), an administrator may move it
    /// (9.6).
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aGatewayThatWasStartedAnewOrMovedIsAskedForEverythingAgain(boolean otherKeys) {
        init(WIKI, LAB_NET);
        ask("db.corp.test.", Type.A, 0);
        fromTun(0, syn(PROXY));
        state.handleFlow(flow(DNS_ID, GATEWAY), 0);
        fromGateway(control(new P2pEvent.DomainStatus(DNS_ID, "db.corp.test", true)), 0);
        fromTun(0, syn(LAB));
        assertThat(flowsAsked()).endsWith(CIDR_ID);
        var keys = new Flow.Keys("", otherKeys ? "another" : "", "a", "b", "c", "d");
        var moved = otherKeys ? GATEWAY_V4 : IpAddress.parse("100.70.12.35");

        state.handleFlow(new Flow(CIDR_ID, GATEWAY, SITE.id(), moved, GATEWAY_V6, keys), ms(100));
        fromTun(ms(100), data(PROXY, 1));

        assertThat(flowsAsked()).containsExactly(DNS_ID);
        int told = controlSent().size();
        state.handleFlow(new Flow(DNS_ID, GATEWAY, SITE.id(), moved, GATEWAY_V6, keys), ms(200));
        assertThat(controlSent()).hasSize(told + 1);
        fromGateway(Packets.udp(new Endpoint(moved, 1), APP, new byte[1]), ms(200));
        assertThat(tunnels.tun).isNotEmpty();
    }

    @Test
    void packetsForANameWaitUntilTheGatewayTranslatesIt() {
        init(WIKI);
        ask("db.corp.test.", Type.A, 0);
        fromTun(0, syn(PROXY));
        state.handleFlow(flow(DNS_ID, GATEWAY), 0);

        assertThat(tunnels.sent).hasSize(1);
        var assigned = (P2pEvent.AssignedIps) controlSent().getFirst();
        assertThat(assigned.domain()).isEqualTo("db.corp.test");
        assertThat(assigned.proxyIps()).hasSize(8);
        fromTun(ms(1999), data(PROXY, 1));
        assertThat(controlSent()).hasSize(1);
        fromTun(ms(2000), data(PROXY, 2));
        assertThat(controlSent()).as("told again when silent").hasSize(2);

        var active = new P2pEvent.DomainStatus(DNS_ID, "DB.corp.test.", true);
        fromGateway(control(active), ms(2100));

        assertThat(tunnels.sent).hasSize(2 + 3);
        assertThat(tunnels.sent.get(2).packet()).isEqualTo(syn(PROXY));
        assertThat(tunnels.tun).as("only the DNS answer").hasSize(1);
    }

    @Test
    void aFailedNameIsTriedAgainAfterTheNextQueryOnly() {
        init(WIKI);
        ask("db.corp.test.", Type.A, 0);
        fromTun(0, syn(PROXY));
        state.handleFlow(flow(DNS_ID, GATEWAY), 0);
        fromGateway(control(new P2pEvent.DomainStatus(DNS_ID, "db.corp.test", false)), 0);
        int before = controlSent().size();

        fromTun(ms(5000), data(PROXY, 1));
        assertThat(controlSent()).hasSize(before);
        ask("db.corp.test.", Type.A, ms(5000));

        assertThat(controlSent()).hasSize(before + 1);
    }

    @Test
    void aConfirmedNameKeepsPassingWhileTheNextQueryRefreshesIt() {
        init(WIKI);
        ask("db.corp.test.", Type.A, 0);
        fromTun(0, syn(PROXY));
        state.handleFlow(flow(DNS_ID, GATEWAY), 0);
        fromGateway(control(new P2pEvent.DomainStatus(DNS_ID, "db.corp.test", true)), 0);
        ask("db.corp.test.", Type.A, ms(10));
        assertThat(controlSent()).hasSize(2);
        int before = tunnels.sent.size();

        fromTun(ms(11), data(PROXY, 1));

        assertThat(tunnels.sent).hasSize(before + 1);
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
    void aProhibitedErrorAsksForTheFlowAgainAndReachesTheApplication() {
        init(LAB_NET);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        events();
        var error = Packets.icmpError(LAB.address(), OWN_V4, 3 << 8 | 13, 0, syn(LAB));

        fromGateway(error, 0);

        assertThat(flowsAsked()).containsExactly(CIDR_ID);
        assertThat(tunnels.tun).hasSize(1);
        fromTun(1, syn(LAB));
        assertThat(tunnels.sent).as("the old flow stays in use").hasSize(2);
        state.handleFlow(flow(CIDR_ID, GATEWAY), 2);
        assertThat(tunnels.connected).hasSize(2);
    }

    /// tunnel.md 6.6: a gateway that lost a translation prohibits its packets, as one does that
    /// lost the authorization. Nothing else tells the client, which may not ask for the name again.
    @Test
    void aGatewayThatProhibitedIsToldTheNamesAgainWithTheNewFlow() {
        init(WIKI);
        ask("db.corp.test.", Type.A, 0);
        fromTun(0, syn(PROXY));
        state.handleFlow(flow(DNS_ID, GATEWAY), 0);
        fromGateway(control(new P2pEvent.DomainStatus(DNS_ID, "db.corp.test", true)), 0);
        int before = controlSent().size();
        fromGateway(Packets.icmpError(PROXY.address(), OWN_V4, 3 << 8 | 13, 0, syn(PROXY)), 0);

        state.handleFlow(flow(DNS_ID, GATEWAY), ms(100));

        assertThat(controlSent().subList(before, controlSent().size()))
                .hasExactlyElementsOfTypes(P2pEvent.AssignedIps.class);
        int passed = tunnels.sent.size();
        fromTun(ms(101), syn(PROXY));
        assertThat(tunnels.sent).hasSize(passed + 1);
    }

    @Test
    void anotherGatewayTakesOverAndIsToldTheNames() {
        init(WIKI);
        ask("db.corp.test.", Type.A, 0);
        fromTun(0, syn(PROXY));
        state.handleFlow(flow(DNS_ID, GATEWAY), 0);
        fromGateway(control(new P2pEvent.DomainStatus(DNS_ID, "db.corp.test", true)), 0);
        fromGateway(Packets.icmpError(PROXY.address(), OWN_V4, 3 << 8 | 13, 0, syn(PROXY)), 0);
        int before = controlSent().size();

        state.handleFlow(flow(DNS_ID, OTHER_GATEWAY), ms(100));

        assertThat(tunnels.closed).containsExactly(GATEWAY);
        assertThat(tunnels.connected).containsExactly(GATEWAY, OTHER_GATEWAY);
        assertThat(controlSent().subList(before, controlSent().size()))
                .hasExactlyElementsOfTypes(P2pEvent.Goodbye.class, P2pEvent.AssignedIps.class);
    }

    @Test
    void aGoodbyeOfTheGatewayMakesTheNextPacketAskAgain() {
        init(LAB_NET);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        state.handleConnected(GATEWAY);
        assertThat(state.resources().getFirst().status()).isEqualTo(SiteStatus.ONLINE);
        events();

        fromGateway(control(new P2pEvent.Goodbye()), NOT_IN_USE_NS);

        assertThat(tunnels.closed).containsExactly(GATEWAY);
        assertThat(state.resources().getFirst().status()).isEqualTo(SiteStatus.UNKNOWN);
        assertThat(flowsAsked()).isEmpty();
        fromTun(NOT_IN_USE_NS, syn(LAB));
        assertThat(flowsAsked()).containsExactly(CIDR_ID);
    }

    @Test
    void aGatewayThatSaidGoodbyeIsNotNamedToThePortalAgain() {
        init(LAB_NET);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        events();

        fromGateway(control(new P2pEvent.Goodbye()), NOT_IN_USE_NS);
        fromTun(NOT_IN_USE_NS, syn(LAB));

        assertThat(events()).contains(new ClientEvent.CreateFlow(CIDR_ID, List.of()));
    }

    @Test
    void whatIsInUseAsksForItselfWhenItsGatewayIsLost() {
        init(LAB_NET);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);
        fromTun(1, data(LAB, 1));
        events();

        fromGateway(control(new P2pEvent.Goodbye()), NOT_IN_USE_NS);
        assertThat(flowsAsked()).containsExactly(CIDR_ID);

        state.handleFlow(flow(CIDR_ID, GATEWAY), NOT_IN_USE_NS);
        fromTun(NOT_IN_USE_NS, data(LAB, 2));
        state.handleDisconnected(GATEWAY, NOT_IN_USE_NS + 1);
        assertThat(flowsAsked()).containsExactly(CIDR_ID);
    }

    @Test
    void theLastResourceOfAGatewayTakesItAlongWithAGoodbye() {
        init(LAB_NET, WIKI);
        fromTun(0, syn(LAB));
        state.handleFlow(flow(CIDR_ID, GATEWAY), 0);

        state.handleResourceDeleted(DNS_ID, 0);
        assertThat(tunnels.closed).isEmpty();
        state.handleResourceDeleted(CIDR_ID, 0);

        assertThat(controlSent()).containsExactly(new P2pEvent.Goodbye());
        assertThat(tunnels.closed).containsExactly(GATEWAY);
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
    void changedServersGetSentinelsThatWereNotInUseBefore() {
        init();
        assertThat(state.tunConfig().orElseThrow().sentinels()).containsExactly(SENTINEL.address());
        var other = List.of(Endpoint.parse("192.0.2.54:53"), Endpoint.parse("[2001:db8::1]:53"));

        state.handleInterface(new InterfaceConfig(OWN_V4, OWN_V6, other, Optional.empty()));

        assertThat(state.tunConfig().orElseThrow().sentinels())
                .containsExactly(
                        IpAddress.parse("100.100.111.2"),
                        IpAddress.parse("fd00:2021:1111:8000:100:100:111:0"));
    }

    @Test
    void withoutUpstreamServersTheSystemsAreAskedButNeverOurOwnSentinels() {
        state.handleSystemResolvers(
                List.of(IpAddress.parse("100.100.111.1"), IpAddress.parse("192.168.1.1")));
        state.handleInit(
                new InterfaceConfig(OWN_V4, OWN_V6, List.of(), Optional.empty()), List.of(), 0);
        events();

        ask("example.com.", Type.A, 0);

        assertThat(((ClientEvent.ForwardQuery) events().getFirst()).server())
                .isEqualTo(Endpoint.parse("192.168.1.1:53"));
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

    /// The host's own TCP serves sentinels: to it, the sentinel is the one who connects.
    @Test
    void tcpToASentinelIsTurnedRoundToTheServerAndBack() {
        init(WIKI);
        var server = new Endpoint(OWN_V4, AddressPlan.TCP_DNS_PORT);
        var turned = new Endpoint(SENTINEL.address(), APP.port());

        fromTun(0, syn(SENTINEL));
        assertIsFromTo(Packets.view(tunnels.tun.removeLast()), turned, server);

        fromTun(0, Packets.tcp(server, turned, IpPacket.TCP_SYN | IpPacket.TCP_ACK, new byte[0]));
        assertIsFromTo(Packets.view(tunnels.tun.removeLast()), SENTINEL, APP);

        fromTun(0, Packets.tcp(APP, turned, IpPacket.TCP_SYN, new byte[0]));
        assertThat(tunnels.tun).isEmpty();
    }

    private static void assertIsFromTo(IpPacket packet, Endpoint from, Endpoint to) {
        assertThat(new Endpoint(packet.source(), packet.sourcePort())).isEqualTo(from);
        assertThat(new Endpoint(packet.destination(), packet.destinationPort())).isEqualTo(to);
        assertThat(packet.isTransportChecksumValid()).isTrue();
    }

    private final List<Message> tcpAnswers = new ArrayList<>();

    private void askTcp(String name, int type, long nowNs) {
        var payload = new DnsPayload(query(name, type).toWire());
        state.handleTcpQuery(
                new TcpDnsQuery(
                        SENTINEL.address(), payload, a -> tcpAnswers.add(DnsWire.read(a.bytes()))),
                nowNs);
    }

    @Test
    void overTcpTheStubAnswersAndAServerIsAskedOverTcpWithoutCuttingItsAnswer() {
        init(WIKI);
        askTcp("wiki.corp.test", Type.A, 0);
        assertThat(tcpAnswers.removeLast().getSection(Section.ANSWER)).hasSize(4);

        askTcp("www.example.org", Type.TXT, 0);
        var forwarded = (ClientEvent.ForwardTcpQuery) events().getLast();
        assertThat(forwarded.server()).isEqualTo(UPSTREAM);
        assertThat(forwarded.throughTunnel()).isFalse();
        var answer = query("www.example.org", Type.TXT);
        answer.getHeader().setFlag(Flags.QR);
        var name = answer.getQuestion().getName();
        var texts = Collections.nCopies(20, "0123456789".repeat(20));
        answer.addRecord(new TXTRecord(name, DClass.IN, 60, texts), Section.ANSWER);
        state.handleDnsResponse(forwarded.ticket(), new DnsPayload(answer.toWire()), 0);

        assertThat(tcpAnswers.removeLast().toWire())
                .isEqualTo(answer.toWire())
                .hasSizeGreaterThan(4000);
        assertThat(tunnels.tun).isEmpty();
    }

    @Test
    void overTcpASilentServerIsAServerFailure() {
        init(WIKI);
        askTcp("www.example.org", Type.A, 0);
        state.handleDnsFailure(((ClientEvent.ForwardTcpQuery) events().getLast()).ticket());
        askTcp("www.example.org", Type.AAAA, 0);
        state.reset(0);

        assertThat(tcpAnswers)
                .hasSize(2)
                .allMatch(answer -> answer.getHeader().getRcode() == Rcode.SERVFAIL);
    }

    @Test
    void overTcpTheSiteIsAskedOnceItsGatewayIsThere() {
        init(WIKI);
        askTcp("ldap.corp.test", Type.SRV, 0);
        assertThat(flowsAsked()).containsExactly(DNS_ID);

        state.handleFlow(flow(DNS_ID, GATEWAY), 0);

        var forwarded = (ClientEvent.ForwardTcpQuery) events().getLast();
        assertThat(forwarded.server())
                .isEqualTo(new Endpoint(GATEWAY_V4, AddressPlan.GATEWAY_DNS_PORT));
        assertThat(forwarded.throughTunnel()).isTrue();
        assertThat(tcpAnswers).isEmpty();
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
