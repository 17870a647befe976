package dev.gatehouse.client.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
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

/// Names of resources and sentinels, with their addresses: client.md 8 to 16.
class ClientNamesTest extends ClientFixture {
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
}
