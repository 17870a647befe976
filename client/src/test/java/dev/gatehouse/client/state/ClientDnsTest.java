package dev.gatehouse.client.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.Type;

/// What servers answer, and what resolvers of the host ask: client.md 9, 12 and 13.
class ClientDnsTest extends ClientFixture {
    private static final Endpoint OTHER_APP = new Endpoint(OWN_V4, 40001);
    private static final Endpoint INSIDE = Endpoint.parse("10.20.0.53:53");
    private static final String APP_NAME = "app.example.";

    @Test
    void anAnswerToAnotherQuestionIsNeitherBelievedNorKept() {
        init(UPSTREAM);
        var asked = forwarded(query("victim.example.", Type.A));

        answer(asked, address(reply(query("bank.example.", Type.A)), "bank.example.", 3600));

        assertThat(answer().getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(state.mismatchedAnswers()).isEqualTo(1);
        ask(query("bank.example.", Type.A), 0);
        assertThat(events()).as("asked, not known").hasSize(1);
    }

    @Test
    void throughTheTunnelAnAnswerToAnotherQuestionIsDroppedAndTheTrueOneStillHeard() {
        init(INSIDE);
        ask(query("victim.example.", Type.A), 0);
        grant();

        fromGateway(address(reply(query("bank.example.", Type.A)), "bank.example.", 3600));
        assertThat(tunnels.tun).isEmpty();
        assertThat(state.mismatchedAnswers()).isEqualTo(1);
        fromGateway(address(reply(query("Victim.EXAMPLE.", Type.A)), "victim.example.", 3600));

        assertThat(answer().getSection(Section.ANSWER)).hasSize(1);
        tunnels.sent.clear();
        ask(query("bank.example.", Type.A), 0);
        assertThat(tunnels.sent).as("asked, not known").hasSize(1);
    }

    @Test
    void theLeastTimeToLiveOfAChainCounts() throws IOException {
        init(UPSTREAM);
        var asked = forwarded(query(APP_NAME, Type.A));
        var reply = alias(reply(query(APP_NAME, Type.A)), APP_NAME, 10, "a.example.");
        answer(asked, address(reply, "a.example.", 3600));
        answer();

        ask(query(APP_NAME, Type.A), seconds(9));
        assertThat(answer().getSection(Section.ANSWER))
                .extracting(Record::getTTL)
                .containsExactly(1L, 3591L);
        ask(query(APP_NAME, Type.A), seconds(10));
        assertThat(events()).as("asked anew").hasSize(1);
    }

    @Test
    void queriesBeyondAThousandAreDroppedAndCounted() {
        init(UPSTREAM);
        for (int i = 0; i < 1_003; i++) {
            ask(query("n%d.example.".formatted(i), Type.A), 0);
        }
        assertThat(events()).hasSize(1_000);
        assertThat(state.refusedQueries()).isEqualTo(3);
    }

    @Test
    void aTimeToLiveIsADayAtTheMost() {
        init(UPSTREAM);
        answer(
                forwarded(query(APP_NAME, Type.A)),
                address(reply(query(APP_NAME, Type.A)), APP_NAME, Integer.MAX_VALUE));

        ask(query(APP_NAME, Type.A), seconds(86_399));
        assertThat(events()).isEmpty();
        assertThat(answer().getSection(Section.ANSWER).getFirst().getTTL()).isEqualTo(1);
        ask(query(APP_NAME, Type.A), seconds(86_400));
        assertThat(events()).hasSize(1);
    }

    @Test
    void whatDoesNotBelongToTheNameIsNotKept() throws IOException {
        init(UPSTREAM);
        var stranger = reply(query(APP_NAME, Type.A));
        answer(forwarded(query(APP_NAME, Type.A)), address(stranger, "other.example.", 3600));
        var circle = alias(reply(query("b.example.", Type.A)), "b.example.", 60, "c.example.");
        answer(
                forwarded(query("b.example.", Type.A)),
                alias(circle, "c.example.", 60, "b.example."));

        ask(query(APP_NAME, Type.A), 0);
        ask(query("b.example.", Type.A), 0);
        assertThat(events()).hasSize(2);
    }

    @Test
    void whoChecksSignaturesIsNotAnsweredFromTheCache() {
        init(UPSTREAM);
        answer(
                forwarded(query(APP_NAME, Type.A)),
                address(reply(query(APP_NAME, Type.A)), APP_NAME, 3600));
        var checking = query(APP_NAME, Type.A);
        checking.addRecord(new OPTRecord(1232, 0, 0, ExtendedFlags.DO), Section.ADDITIONAL);

        ask(checking, 0);

        assertThat(events()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"-1, 512", "100, 512", "512, 512", "833, 833", "1212, 1212", "65535, 1212"})
    void anAnswerIsAsLongAsWhoeverAskedTakesIt(int said, int limit) {
        init(UPSTREAM);
        for (int length : new int[] {limit, limit + 1}) {
            var query = query("length%d.example.".formatted(length), Type.TXT);
            if (said >= 0) {
                query.addRecord(new OPTRecord(said, 0, 0), Section.ADDITIONAL);
            }
            answer(forwarded(query), text(reply(query), query, length));

            var packet = Packets.view(tunnels.tun.getLast());
            int sent = packet.totalLength() - packet.payloadOffset() + packet.offset();
            var answer = answer();
            assertThat(answer.getHeader().getFlag(Flags.TC)).isEqualTo(length > limit);
            assertThat(answer.getSection(Section.ANSWER)).hasSize(length > limit ? 0 : 1);
            assertThat(sent).isLessThanOrEqualTo(limit);
            assertThat(answer.getOPT() != null).isEqualTo(said >= 0);
        }
    }

    @Test
    void fromTheCacheAndTheStubAnOptIsAnsweredWithAnOpt() {
        init(UPSTREAM);
        var query = query(APP_NAME, Type.TXT);
        query.addRecord(new OPTRecord(512, 0, 0), Section.ADDITIONAL);
        answer(
                forwarded(query(APP_NAME, Type.TXT)),
                text(reply(query), query(APP_NAME, Type.TXT), 833));

        ask(query, 0);
        assertThat(events()).isEmpty();
        var cached = answer();
        assertThat(cached.getHeader().getFlag(Flags.TC)).isTrue();
        assertThat(cached.getOPT().getPayloadSize()).isEqualTo(1212);
        var stub = query("wiki.corp.test.", Type.A);
        stub.addRecord(new OPTRecord(1232, 0, 0), Section.ADDITIONAL);
        ask(stub, 0);
        assertThat(answer().getOPT().getPayloadSize()).isEqualTo(1212);
    }

    @Test
    void anUnknownVersionOfEdnsIsToldOurs() {
        init(UPSTREAM);
        var query = query(APP_NAME, Type.A);
        query.addRecord(new OPTRecord(1232, 0, 1), Section.ADDITIONAL);
        ask(query, 0);

        var answer = answer();
        assertThat(answer.getRcode()).isEqualTo(Rcode.BADVERS);
        assertThat(answer.getOPT().getVersion()).isZero();
        query.addRecord(new OPTRecord(1232, 0, 0), Section.ADDITIONAL);
        ask(query, 0);
        assertThat(answer().getHeader().getRcode()).isEqualTo(Rcode.FORMERR);
        assertThat(events()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {Rcode.FORMERR, Rcode.NOTIMP})
    void aServerThatKnowsNoEdnsIsAskedAgainWithout(int code) {
        init(UPSTREAM);
        var query = query(APP_NAME, Type.A);
        query.addRecord(new OPTRecord(1232, 0, 0), Section.ADDITIONAL);
        var refused = new Message(query.getHeader().getID());
        refused.getHeader().setFlag(Flags.QR);
        refused.getHeader().setRcode(code);

        answer(forwarded(query), refused);
        assertThat(tunnels.tun).isEmpty();
        var again = (ClientEvent.ForwardQuery) events().getFirst();
        assertThat(DnsWire.read(again.query().bytes()).getOPT()).isNull();
        answer(again, address(reply(query(APP_NAME, Type.A)), APP_NAME, 60));

        var answer = answer();
        assertThat(answer.getSection(Section.ANSWER)).hasSize(1);
        assertThat(answer.getOPT()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {Type.HTTPS, Type.SVCB, Type.ANY})
    void nothingTellsTheRealAddressOfAResource(int type) {
        init(UPSTREAM);
        ask(query("Wiki.CORP.test.", type), 0);

        var answer = answer();
        assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(answer.getSection(Section.ANSWER)).isEmpty();
        assertThat(events()).isEmpty();
    }

    @Test
    void aNameWithALabelThatIsNoHostsIsNoResource() {
        init(UPSTREAM);
        ask(query("a\\.b.corp.test.", Type.A), 0);
        ask(query("\\000\\001.corp.test.", Type.A), 0);

        assertThat(events()).hasOnlyElementsOfType(ClientEvent.ForwardQuery.class).hasSize(2);
    }

    /// A filter of the resource that holds the server: over UDP it is silence, else.
    @Test
    void aServerWhoseResourceForbidsUdpIsAskedOverTcpAndIfThatFailsTheAnswerIsServfail() {
        init(INSIDE);
        ask(query(APP_NAME, Type.A), 0);
        grant();
        var sent = tunnels.sent.getLast().packet();

        state.handlePlaintexts(
                GATEWAY,
                Packets.batch(Packets.icmpError(INSIDE.address(), OWN_V4, 3 << 8 | 13, 0, sent)),
                0,
                1,
                seconds(1));

        var tcp =
                (ClientEvent.ForwardTcpQuery)
                        events().stream()
                                .filter(ClientEvent.ForwardTcpQuery.class::isInstance)
                                .findFirst()
                                .orElseThrow();
        assertThat(tcp.server()).isEqualTo(INSIDE);
        assertThat(tcp.throughTunnel()).isTrue();
        tunnels.tun.clear();
        state.handleDnsFailure(tcp.ticket());
        assertThat(answer().getRcode()).isEqualTo(Rcode.SERVFAIL);
    }

    /// A resolver asks for both families from one socket, and of the packet that was refused the
    /// error carries the ports only.
    @ParameterizedTest
    @CsvSource({"13, UDP is forbidden", "3, nobody listens", "1, out of reach"})
    void oneRefusalStandsForAllQueriesToTheServerAndForThoseToCome(int code, String what) {
        init(INSIDE);
        askWithId(1, Type.A, APP, 0);
        grant();
        askWithId(2, Type.AAAA, APP, 0);
        askWithId(3, Type.A, OTHER_APP, 0);
        events();
        tunnels.tun.clear();

        refuse(code, seconds(1));
        assertThat(idsFailedOverTcp()).as(what).containsExactlyInAnyOrder(1, 2, 3);
        refuse(code, seconds(1));
        assertThat(events()).as("each is asked anew once").isEmpty();

        tunnels.sent.clear();
        askWithId(4, Type.A, APP, seconds(6) - 1);
        assertThat(tunnels.sent).isEmpty();
        assertThat(idsFailedOverTcp()).as("remembered").containsExactly(4);
        askWithId(5, Type.A, APP, seconds(6));
        assertThat(tunnels.sent).as("for 5 s").hasSize(1);
    }

    @Test
    void anotherWordOfThePortalEndsARefusal() {
        init(INSIDE);
        askWithId(1, Type.A, APP, 0);
        grant();
        refuse(13, 0);
        grant();
        tunnels.sent.clear();

        askWithId(2, Type.A, APP, 0);

        assertThat(tunnels.sent).hasSize(1);
    }

    /// RFC 792: "fragmentation needed" tells of one packet, not of the server.
    @Test
    void aQueryThatIsTooLongIsAskedOverTcpAlone() {
        init(INSIDE);
        askWithId(1, Type.A, OTHER_APP, 0);
        grant();
        askWithId(2, Type.A, APP, 0);
        tunnels.tun.clear();

        refuse(4, 0);

        assertThat(idsFailedOverTcp()).containsExactly(2);
    }

    /// glibc passes over an empty answer with neither RA, AA nor an OPT, even if it says TC.
    @Test
    void whatWeAnswerOfferRecursion() {
        init(UPSTREAM);
        var longer = query(APP_NAME, Type.TXT);
        answer(forwarded(longer), text(reply(longer), longer, 833));
        assertRecursion("cut");
        ask(longer, 0);
        assertRecursion("cut, from the cache");
        ask(query("wiki.corp.test.", Type.A), 0);
        assertRecursion("address of a resource");
        ask(query("wiki.corp.test.", Type.HTTPS), 0);
        assertRecursion("nothing of this type");
        ask(query("use-application-dns.net.", Type.A), 0);
        assertRecursion("no such name");
        state.handleDnsFailure(forwarded(query("b.example.", Type.A)).ticket());
        assertRecursion("failure");
        var future = query(APP_NAME, Type.A);
        future.addRecord(new OPTRecord(1232, 0, 1), Section.ADDITIONAL);
        ask(future, 0);
        assertRecursion("unknown version of EDNS");
    }

    /// RFC 4795 section 2.1.1: there the bit is reserved, and zero.
    @Test
    void multicastNameResolutionHasNoRecursion() {
        init(UPSTREAM);
        var group = Endpoint.parse("224.0.0.252:5355");
        var query = query("wiki.corp.test.", Type.A).toWire();

        state.handleTunPackets(Packets.batch(Packets.udp(APP, group, query)), 0);

        assertThat(answer().getHeader().getFlag(Flags.RA)).isFalse();
    }

    private void assertRecursion(String what) {
        assertThat(answer().getHeader().getFlag(Flags.RA)).as(what).isTrue();
    }

    private void askWithId(int id, int type, Endpoint app, long nowNs) {
        var query = query(APP_NAME, type);
        query.getHeader().setID(id);
        state.handleTunPackets(Packets.batch(Packets.udp(app, SENTINEL, query.toWire())), nowNs);
    }

    /// As a gateway does: the last packet that was sent, cut behind its ports and length.
    private void refuse(int code, long nowNs) {
        var sent = Arrays.copyOf(tunnels.sent.getLast().packet(), 28);
        var error = Packets.icmpError(INSIDE.address(), OWN_V4, 3 << 8 | code, 0, sent);
        state.handlePlaintexts(GATEWAY, Packets.batch(error), 0, 1, nowNs);
        tunnels.tun.removeLast(); // the error itself, for the application
    }

    /// Lets all that is asked over TCP fail, and returns whom SERVFAIL was told.
    private List<Integer> idsFailedOverTcp() {
        events().stream()
                .filter(ClientEvent.ForwardTcpQuery.class::isInstance)
                .map(ClientEvent.ForwardTcpQuery.class::cast)
                .forEach(tcp -> state.handleDnsFailure(tcp.ticket()));
        var ids = new ArrayList<Integer>();
        while (!tunnels.tun.isEmpty()) {
            var answer = answer();
            assertThat(answer.getRcode()).isEqualTo(Rcode.SERVFAIL);
            ids.add(answer.getHeader().getID());
        }
        return ids;
    }

    @Test
    void whoeverAsksAServerBehindAFlowThatIsRefusedIsToldSo() {
        init(INSIDE);
        ask(query(APP_NAME, Type.A), 0);
        ask(query("ldap.corp.test.", Type.SRV), 0);

        state.handleFlowRefused(CIDR_ID, "offline", 0);
        assertThat(answer().getRcode()).isEqualTo(Rcode.SERVFAIL);
        state.handleFlowRefused(DNS_ID, "forbidden", 0);
        assertThat(answer().getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(tunnels.tun).isEmpty();
    }

    @Test
    void ipv6IsGivenOnlyWhereTheSiteKnowsSome() {
        init(UPSTREAM);
        ask(query("four.corp.test.", Type.AAAA), 0);
        ask(query("four.corp.test.", Type.A), 0);
        assertThat(answer().getSection(Section.ANSWER)).as("A does not wait").hasSize(4);
        assertThat(tunnels.tun).isEmpty();
        assertThat(flowsAsked()).containsExactly(DNS_ID);

        grant(DNS_ID);
        var sent = Packets.view(tunnels.sent.getLast().packet());
        assertThat(sent.isTo(GATEWAY_V4)).isTrue();
        assertThat(sent.destinationPort()).isEqualTo(53535);
        fromSite(reply(query("four.corp.test.", Type.AAAA)));
        assertThat(answer().getSection(Section.ANSWER)).isEmpty();

        ask(query("both.corp.test.", Type.AAAA), 0);
        fromSite(sixes(reply(query("both.corp.test.", Type.AAAA)), "both.corp.test."));
        assertThat(answer().getSection(Section.ANSWER))
                .extracting(Record::rdataToString)
                .allMatch(address -> address.startsWith("fd00:2021:1111:8000:"))
                .hasSize(4);

        ask(query("both.corp.test.", Type.AAAA), seconds(29));
        ask(query("four.corp.test.", Type.AAAA), seconds(29));
        assertThat(answer().getSection(Section.ANSWER)).as("known").isEmpty();
        assertThat(answer().getSection(Section.ANSWER)).as("known").hasSize(4);
        ask(query("four.corp.test.", Type.AAAA), seconds(30));
        assertThat(tunnels.tun).as("asked anew").isEmpty();
    }

    @Test
    void whereTheSiteDoesNotTellTheApplicationHasToTry() {
        init(UPSTREAM);
        ask(query("a.corp.test.", Type.AAAA), 0);
        assertThat(state.pollTimeout()).isBetween(seconds(4), seconds(5));
        state.handleTimeout(state.pollTimeout());
        assertThat(answer().getSection(Section.ANSWER)).as("silent").hasSize(4);
        assertThat(state.pollTimeout()).isEqualTo(Long.MAX_VALUE);

        ask(query("b.corp.test.", Type.AAAA), 0);
        state.handleFlowRefused(DNS_ID, "offline", 0);
        assertThat(answer().getSection(Section.ANSWER)).as("refused").hasSize(4);

        ask(query("c.corp.test.", Type.AAAA), 0);
        assertThat(answer().getSection(Section.ANSWER)).as("held back").hasSize(4);

        ask(query("c.corp.test.", Type.AAAA), seconds(10));
        grant(DNS_ID);
        var failed = reply(query("c.corp.test.", Type.AAAA));
        failed.getHeader().setRcode(Rcode.NXDOMAIN);
        fromSite(failed);
        assertThat(answer().getSection(Section.ANSWER)).as("not known there").hasSize(4);
        state.handleTimeout(seconds(15));
        assertThat(tunnels.tun).as("each is answered once").isEmpty();
    }

    @Test
    void aGatewayThatNeverAnswersOfNamesIsWaitedForOnce() {
        init(UPSTREAM);
        ask(query("a.corp.test.", Type.AAAA), 0);
        grant(DNS_ID);
        state.handleTimeout(state.pollTimeout());
        assertThat(answer().getSection(Section.ANSWER)).hasSize(4);

        ask(query("b.corp.test.", Type.AAAA), seconds(5));
        assertThat(answer().getSection(Section.ANSWER)).as("at once").hasSize(4);

        ask(query("c.corp.test.", Type.AAAA), seconds(700));
        assertThat(tunnels.tun).as("tried again").isEmpty();
    }

    @Test
    void overTcpTheSiteIsAskedForIpv6OverTcp() {
        init(UPSTREAM);
        var answers = new ArrayList<Message>();
        var payload = new DnsPayload(query("four.corp.test.", Type.AAAA).toWire());
        state.handleTcpQuery(
                new TcpDnsQuery(
                        SENTINEL.address(), payload, a -> answers.add(DnsWire.read(a.bytes()))),
                0);
        state.handleFlow(flow(DNS_ID, GATEWAY), 0);

        var asked = (ClientEvent.ForwardTcpQuery) events().getLast();
        assertThat(asked.server()).isEqualTo(new Endpoint(GATEWAY_V4, 53535));
        var reply = reply(query("four.corp.test.", Type.AAAA));
        state.handleDnsResponse(asked.ticket(), new DnsPayload(reply.toWire()), 0);
        assertThat(answers).hasSize(1);
        assertThat(answers.getFirst().getSection(Section.ANSWER)).isEmpty();
    }

    @Test
    void aHostWithoutIpv6IsGivenNone() {
        init(UPSTREAM);
        state.handleHostV6(false);
        ask(query("a.corp.test.", Type.AAAA), 0);

        assertThat(answer().getSection(Section.ANSWER)).isEmpty();
        assertThat(events()).isEmpty();
        ask(query("a.corp.test.", Type.A), 0);
        assertThat(answer().getSection(Section.ANSWER)).hasSize(4);
    }

    private void fromSite(Message reply) {
        var packet = Packets.udp(new Endpoint(GATEWAY_V4, 53535), APP, reply.toWire());
        state.handlePlaintexts(GATEWAY, Packets.batch(packet), 0, 1, 0);
    }

    private static Message sixes(Message reply, String owner) {
        byte[] address = IpAddress.parse("2001:db8::7").toBytes();
        reply.addRecord(
                Record.newRecord(name(owner), Type.AAAA, DClass.IN, 60, address), Section.ANSWER);
        return reply;
    }

    private static long seconds(long seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }

    private void init(Endpoint upstream) {
        var config = new InterfaceConfig(OWN_V4, OWN_V6, List.of(upstream), Optional.empty());
        state.handleInit(config, List.of(LAB_NET, WIKI), 0);
        events();
    }

    private void ask(Message query, long nowNs) {
        state.handleTunPackets(Packets.batch(Packets.udp(APP, SENTINEL, query.toWire())), nowNs);
    }

    private ClientEvent.ForwardQuery forwarded(Message query) {
        ask(query, 0);
        return (ClientEvent.ForwardQuery) events().getFirst();
    }

    private void answer(ClientEvent.ForwardQuery asked, Message reply) {
        state.handleDnsResponse(asked.ticket(), new DnsPayload(reply.toWire()), 0);
    }

    private void grant() {
        grant(CIDR_ID);
    }

    private void grant(String resourceId) {
        state.handleFlow(flow(resourceId, GATEWAY), 0);
        events();
    }

    private void fromGateway(Message reply) {
        var packet = Packets.udp(INSIDE, APP, reply.toWire());
        state.handlePlaintexts(GATEWAY, Packets.batch(packet), 0, 1, 0);
    }

    private static Name name(String text) {
        return Name.fromConstantString(text);
    }

    private static Message reply(Message query) {
        var reply = new Message(query.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        reply.addRecord(query.getQuestion(), Section.QUESTION);
        return reply;
    }

    private static Message address(Message reply, String owner, long ttl) {
        byte[] address = {1, 2, 3, 4};
        reply.addRecord(
                Record.newRecord(name(owner), Type.A, DClass.IN, ttl, address), Section.ANSWER);
        return reply;
    }

    private static Message alias(Message reply, String owner, long ttl, String target) {
        reply.addRecord(new CNAMERecord(name(owner), DClass.IN, ttl, name(target)), Section.ANSWER);
        return reply;
    }

    /// Fills a reply up to a length that counts the OPT which `query` calls for.
    private static Message text(Message reply, Message query, int length) {
        var owner = query.getQuestion().getName();
        int opt = query.getOPT() == null ? 0 : 11;
        int record = 2 + 10; // a pointer to the name, type to length
        int left = length - opt - reply.toWire().length - record;
        var texts = new ArrayList<>(Collections.nCopies(left / 201, "0123456789".repeat(20)));
        texts.add("x".repeat(left % 201 - 1));
        reply.addRecord(new TXTRecord(owner, DClass.IN, 60, texts), Section.ANSWER);
        assertThat(reply.toWire()).hasSize(length - opt);
        return reply;
    }
}
