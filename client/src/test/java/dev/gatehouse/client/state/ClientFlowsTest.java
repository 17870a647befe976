package dev.gatehouse.client.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.SiteStatus;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Type;

/// When the portal is asked for flows, and what becomes of gateways: client.md 15 to 21.
class ClientFlowsTest extends ClientFixture {
    private static final long NOT_IN_USE_NS = Duration.ofSeconds(20).toNanos();

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
}
