package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V6;
import static dev.gatehouse.dataplane.gateway.TestGateway.OTHER_CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.OTHER_RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.START_UNIX_SECONDS;
import static dev.gatehouse.dataplane.gateway.TestGateway.cidr;
import static dev.gatehouse.dataplane.gateway.TestGateway.dns;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static dev.gatehouse.dataplane.gateway.TestGateway.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// Changes over time: tunnel.md 7.6, 9.1 to 9.3, 9.6 and 11.2 #7 and #8.
class LifecycleTest {
    private static final GatewayEvent CLOSED_WITH_GOODBYE =
            new GatewayEvent.CloseConnection(CLIENT, true);

    private final TestGateway gateway = new TestGateway();

    @Test
    void nothingIsAuthorizedBeforeTheInterfaceIsKnown() {
        var state = new GatewayState(GatewayLimits.defaults(), 0, 1);
        var authorization =
                new Authorization(
                        CLIENT,
                        CLIENT_V4,
                        CLIENT_V6,
                        cidr(RESOURCE, "10.0.0.0/8"),
                        OptionalLong.empty());

        assertThat(state.authorize(authorization, 0)).isFalse();
        assertThat(state.hasClient(CLIENT)).isFalse();
        assertThat(state.pollTimeout()).isEqualTo(GatewayState.NEVER);
    }

    @Test
    void lastRejectedResourceClosesTheConnectionAtOnce() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"))
                .authorize(cidr(OTHER_RESOURCE, "11.0.0.0/8"));

        assertThat(gateway.state.reject(CLIENT, RESOURCE)).isTrue();
        assertThat(gateway.events()).isEmpty();
        assertThat(isAllowed("10.0.0.1")).isFalse();
        assertThat(gateway.state.reject(CLIENT, OTHER_RESOURCE)).isTrue();

        assertThat(gateway.events()).containsExactly(CLOSED_WITH_GOODBYE);
        assertThat(gateway.state.hasClient(CLIENT)).isFalse();
        assertThat(gateway.state.reject(CLIENT, OTHER_RESOURCE)).isFalse();
    }

    @Test
    void expiredAccessEndsWithinASecond() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"), OptionalLong.of(START_UNIX_SECONDS + 5));

        gateway.after(4);
        assertThat(gateway.events()).isEmpty();
        assertThat(isAllowed("10.0.0.1")).isTrue();

        gateway.after(1);
        assertThat(gateway.events())
                .containsExactly(
                        new GatewayEvent.AccessExpired(CLIENT, RESOURCE), CLOSED_WITH_GOODBYE);
        assertThat(gateway.state.pollTimeout()).isEqualTo(GatewayState.NEVER);
    }

    @Test
    void authorizingAgainReplacesExpiryFiltersAndNetwork() {
        gateway.authorize(
                cidr(RESOURCE, "10.0.0.0/8", tcp(1, 1)), OptionalLong.of(START_UNIX_SECONDS + 5));
        gateway.authorize(cidr(RESOURCE, "11.0.0.0/8"), OptionalLong.of(START_UNIX_SECONDS + 50));

        gateway.after(20);

        assertThat(isAllowed("11.0.0.1")).isTrue();
        assertThat(isAllowed("10.0.0.1")).isFalse();
        gateway.state.updateExpiry(CLIENT, RESOURCE, OptionalLong.of(START_UNIX_SECONDS + 21));
        gateway.after(1);
        assertThat(gateway.state.hasClient(CLIENT)).isFalse();
    }

    @Test
    void updateReplacesFiltersButNeverTheType() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));

        gateway.state.updateResource(dns(RESOURCE, "a.test"));
        assertThat(isAllowed("10.0.0.1")).isTrue();

        gateway.state.updateResource(cidr(RESOURCE, "10.0.0.0/8", tcp(1, 1)));
        assertThat(isAllowed("10.0.0.1")).isFalse();
    }

    @Test
    void authoritativeListRemovesWhatItDoesNotName() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"))
                .authorize(cidr(OTHER_RESOURCE, "11.0.0.0/8"));
        authorizeOther();

        int removed =
                gateway.state.reconcile(
                        List.of(
                                listed(CLIENT, RESOURCE, START_UNIX_SECONDS + 3),
                                listed("stranger", RESOURCE, 0)));

        assertThat(removed).isEqualTo(2);
        assertThat(gateway.events())
                .containsExactly(new GatewayEvent.CloseConnection(OTHER_CLIENT, true));
        assertThat(isAllowed("10.0.0.1")).isTrue();
        assertThat(isAllowed("11.0.0.1")).isFalse();
        gateway.after(3);
        assertThat(gateway.events()).contains(CLOSED_WITH_GOODBYE);
    }

    @Test
    void goodbyeOfTheClientEndsItWithoutReply() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));
        byte[] behind = Packets.echoRequest(CLIENT_V4, ip("10.0.0.1"), 1);

        var sent = gateway.fromClient(TestGateway.control(new P2pEvent.Goodbye()), behind);

        assertThat(sent).isEmpty();
        assertThat(gateway.events())
                .containsExactly(new GatewayEvent.CloseConnection(CLIENT, false));
        assertThat(gateway.state.hasClient(CLIENT)).isFalse();
        assertThat(gateway.fromTun(Packets.echoReply(ip("10.0.0.1"), CLIENT_V4, 1))).isEmpty();
    }

    @Test
    void unknownControlPacketsAreIgnored() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));

        var status = new P2pEvent.DomainStatus(RESOURCE, "a.test", true);

        assertThat(gateway.fromClient(TestGateway.control(status))).isEmpty();
        assertThat(gateway.dropped(DropReason.CONTROL_IGNORED)).isEqualTo(1);
    }

    @Test
    void shutdownSaysGoodbyeToEveryClient() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));
        authorizeOther();

        gateway.state.shutdown();

        assertThat(gateway.events())
                .containsExactly(
                        CLOSED_WITH_GOODBYE, new GatewayEvent.CloseConnection(OTHER_CLIENT, true));
        assertThat(gateway.state.clients()).isZero();
    }

    @Test
    void clientWithNewAddressesLosesTheOldOnes() {
        gateway.authorize(cidr(RESOURCE, "10.0.0.0/8"));
        var moved =
                new Authorization(
                        CLIENT,
                        ip("100.64.0.99"),
                        CLIENT_V6,
                        cidr(RESOURCE, "10.0.0.0/8"),
                        OptionalLong.empty());

        gateway.state.authorize(moved, 0);

        assertThat(gateway.fromTun(Packets.echoReply(ip("10.0.0.1"), CLIENT_V4, 1))).isEmpty();
        assertThat(gateway.fromTun(Packets.echoReply(ip("10.0.0.1"), ip("100.64.0.99"), 1)))
                .hasSize(1);
    }

    @Test
    void successorGoesOnFromTheSnapshotWithTheSamePorts() {
        var proxies = List.of("100.96.0.1");
        gateway.authorize(dns(RESOURCE, "*.test"), OptionalLong.of(START_UNIX_SECONDS + 9));
        gateway.assign("a.test", proxies, "10.0.0.3");
        byte[] packet =
                Packets.udp(
                        new Endpoint(CLIENT_V4, 4000),
                        Endpoint.parse("100.96.0.1:80"),
                        new byte[] {1});
        var before = gateway.fromClient(packet.clone());
        var snapshot = gateway.state.snapshot();

        var successor = new TestGateway();
        successor.state.restore(snapshot, 0);

        assertThat(successor.state.snapshot()).isEqualTo(snapshot);
        assertThat(successor.fromClient(packet.clone())).isEqualTo(before);
        successor.after(9);
        assertThat(successor.state.hasClient(CLIENT)).isFalse();
    }

    /// Who downloads only acknowledges, and has nothing to acknowledge while nothing comes.
    @Test
    void whatAResourceGoesOnSendingReachesASilentClientThroughASuccessor() {
        gateway.authorize(dns(RESOURCE, "*.test"));
        gateway.assign("a.test", List.of("100.96.0.1", "100.96.0.2"), "10.0.0.3");
        var resource = Endpoint.parse("10.0.0.3:80");
        for (var proxy : List.of("100.96.0.1:80", "100.96.0.2:80")) { // one port, two flows
            var to = Endpoint.parse(proxy);
            gateway.fromClient(Packets.udp(new Endpoint(CLIENT_V4, 4000), to, new byte[] {1}));
        }
        byte[] first = Packets.udp(resource, new Endpoint(CLIENT_V4, 4000), new byte[] {2});
        byte[] second = Packets.udp(resource, new Endpoint(CLIENT_V4, 4001), new byte[] {3});
        var before = gateway.fromTun(first.clone(), second.clone());
        var snapshot = gateway.state.snapshot();

        var successor = new TestGateway();
        successor.state.restore(snapshot, 0);

        assertThat(before).hasSize(2);
        assertThat(successor.fromTun(first.clone(), second.clone())).isEqualTo(before);
        assertThat(successor.state.snapshot()).isEqualTo(snapshot);
        successor.after(119);
        assertThat(successor.state.natSessions()).as("counts from its own start").isEqualTo(2);
        successor.after(1);
        assertThat(successor.state.natSessions()).isZero();
    }

    @Test
    void successorTakesNoTranslationOfAnAddressThatStandsForNothing() {
        gateway.authorize(dns(RESOURCE, "*.test"));
        gateway.assign("a.test", List.of("100.96.0.1"), "10.0.0.3");
        var to = Endpoint.parse("100.96.0.1:80");
        gateway.fromClient(Packets.udp(new Endpoint(CLIENT_V4, 4000), to, new byte[] {1}));
        var known = gateway.state.snapshot();

        var successor = new TestGateway();
        successor.state.restore(
                new GatewaySnapshot(
                        known.tunnel(), known.authorizations(), List.of(), known.flows()),
                0);

        assertThat(known.flows()).hasSize(1);
        assertThat(successor.state.natSessions()).isZero();
    }

    @Test
    void clientsAndResourcesHaveLimits() {
        var rest = GatewayLimits.defaults();
        var small =
                new TestGateway(
                        new GatewayLimits(
                                1,
                                1,
                                rest.resolutions(),
                                rest.names(),
                                rest.nat(),
                                rest.fragments()));
        small.authorize(cidr(RESOURCE, "10.0.0.0/8"));

        assertThat(small.state.authorize(of(CLIENT, OTHER_RESOURCE), 0)).isFalse();
        assertThat(small.state.authorize(of(OTHER_CLIENT, RESOURCE), 0)).isFalse();
        assertThat(small.state.clients()).isEqualTo(1);
    }

    private void authorizeOther() {
        assertThat(gateway.state.authorize(of(OTHER_CLIENT, RESOURCE), gateway.nowNs)).isTrue();
    }

    private static Authorization of(String client, String resource) {
        return new Authorization(
                client,
                ip("100.64.0.3"),
                ip("fd00:2021:1111::3"),
                cidr(resource, "10.0.0.0/8"),
                OptionalLong.empty());
    }

    private static Authorization.Listed listed(String client, String resource, long expiry) {
        return new Authorization.Listed(client, resource, OptionalLong.of(expiry));
    }

    private boolean isAllowed(String to) {
        byte[] packet =
                Packets.udp(
                        new Endpoint(CLIENT_V4, 4000), new Endpoint(ip(to), 80), new byte[] {1});
        var sent = gateway.fromClient(packet);
        assertThat(sent).hasSize(1);
        return sent.getFirst().client().isEmpty();
    }
}
