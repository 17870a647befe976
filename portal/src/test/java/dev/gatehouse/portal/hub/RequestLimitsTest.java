package dev.gatehouse.portal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Role;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/// Who pays for a denied packet: neither the portal, nor its disk, nor whoever reads its log.
class RequestLimitsTest {
    private static final int RESOURCES = 300;

    private final HubDriver driver = new HubDriver(TestDirectory.of(RESOURCES));

    private static String resource(int i) {
        return TestDirectory.resource(i);
    }

    private long client() {
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
        driver.events(client);
        driver.audit.clear();
        driver.said.clear();
        return client;
    }

    /// `times` requests within 5 s.
    private void flood(long client, int times, IntFunction<String> resource) {
        for (int i = 0; i < times; i++) {
            driver.request(client, "create_flow", resource.apply(i));
            driver.advance(Duration.ofMillis(5_000 / times));
        }
    }

    private int counted(AuditEvent.Kind kind) {
        return driver.audit.stream()
                .filter(e -> e.kind() == kind)
                .mapToInt(AuditEvent::count)
                .sum();
    }

    @Test
    void aFloodForOneResourceIsJudgedAFewTimesAndToldInAFewLines() {
        long client = client();

        flood(client, 500, _ -> resource(0));

        var answers = driver.events(client);
        assertThat(answers).hasSizeBetween(5, 10).containsOnly("flow_creation_failed");
        assertThat(driver.audit)
                .extracting(AuditEvent::kind)
                .containsExactly(AuditEvent.Kind.ACCESS_DENIED, AuditEvent.Kind.REQUESTS_DROPPED);
        driver.advance(Duration.ofSeconds(61));
        assertThat(driver.audit).hasSize(4);
        assertThat(counted(AuditEvent.Kind.ACCESS_DENIED)).isEqualTo(answers.size());
        assertThat(counted(AuditEvent.Kind.REQUESTS_DROPPED)).isEqualTo(500 - answers.size());
        var last = driver.audit.getLast();
        assertThat(last.at() - last.since()).isBetween(4L, 5L);
        assertThat(driver.said).hasSize(4);
        assertThat(driver.said.get(2))
                .matches(
                        "client \\S+ was denied resource \\S+ \\(offline\\), \\d+ more times"
                                + " within 4 s");
        driver.advance(Duration.ofSeconds(200));
        assertThat(driver.audit).as("nothing is left to tell").hasSize(4);
    }

    @Test
    void refusedLoginsOfOneKindAreALineAMinute() {
        for (int i = 0; i < 500; i++) {
            driver.hub().handleRefused(Role.CLIENT, "invalid_token", driver.nowNs());
            driver.hub().handleRefused(Role.RELAY, "missing_token", driver.nowNs());
            driver.advance(Duration.ofMillis(10));
        }
        driver.advance(Duration.ofSeconds(61));

        assertThat(driver.audit).hasSize(4);
        assertThat(counted(AuditEvent.Kind.LOGIN_REFUSED)).isEqualTo(1_000);
        assertThat(driver.said)
                .contains("the login of a client was refused: invalid_token")
                .contains("logins were refused (relay: missing_token), 499 more times within 4 s");
    }

    @Test
    void madeUpResourcesAreJudgedSeldomAndAreOneKind() {
        long client = client();

        flood(client, 500, i -> "made-up-" + i);

        assertThat(driver.events(client)).hasSizeBetween(50, 80);
        assertThat(driver.audit).hasSize(2);
        assertThat(driver.said).noneMatch(line -> line.contains("made-up"));
        driver.close(client);
        assertThat(driver.audit).as("a client that goes ends what is counted").hasSize(5);
        assertThat(
                        counted(AuditEvent.Kind.ACCESS_DENIED)
                                + counted(AuditEvent.Kind.REQUESTS_DROPPED))
                .isEqualTo(500);
    }

    @Test
    void aClientMayAskForAllItsResourcesAtOnceAndEachSomeTimesInARow() {
        driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        long client = client();

        for (int i = 0; i < RESOURCES; i++) {
            driver.request(client, "create_flow", resource(i));
        }

        assertThat(driver.hub().authorizations()).hasSize(RESOURCES);
        driver.advance(Duration.ofSeconds(10));
        for (int i = 0; i < 5; i++) {
            driver.request(client, "create_flow", resource(7));
        }
        assertThat(driver.audit)
                .extracting(AuditEvent::kind)
                .doesNotContain(AuditEvent.Kind.REQUESTS_DROPPED);
    }

    @Test
    void grantsOfTheSameResourceAreTenLinesAndThenOneAMinute() {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        long client = client();

        for (int i = 0; i < 60; i++) {
            driver.request(client, "create_flow", resource(0));
            driver.consent(gateway, "flow_authorized", driver.last(gateway).get("ref").asText());
            driver.advance(Duration.ofSeconds(1));
        }
        driver.advance(Duration.ofSeconds(60));

        assertThat(driver.audit).hasSizeBetween(11, 13);
        assertThat(counted(AuditEvent.Kind.ACCESS_GRANTED)).isEqualTo(60);
    }

    @Test
    void oneThatComesAndGoesIsTwentyLinesAndThenTwoAMinute() {
        for (int i = 0; i < 50; i++) {
            driver.close(driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2));
            driver.advance(Duration.ofMillis(500));
        }
        assertThat(driver.audit).hasSize(20);
        driver.advance(Duration.ofSeconds(61));

        assertThat(driver.audit).hasSize(22);
        assertThat(counted(AuditEvent.Kind.CONNECTED)).isEqualTo(50);
        assertThat(counted(AuditEvent.Kind.DISCONNECTED)).isEqualTo(50);
    }

    @Test
    void oneClientsFloodLeavesAnotherAloneAndEndsByItself() {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        long client = client();
        long other = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 3);
        flood(client, 2_500, _ -> resource(0));
        driver.events(gateway);

        driver.request(other, "create_flow", resource(0));
        driver.request(client, "create_flow", resource(1));
        assertThat(driver.events(gateway)).containsExactly("authorize_flow", "authorize_flow");

        driver.advance(Duration.ofSeconds(2));
        driver.request(client, "create_flow", resource(0));
        assertThat(driver.events(gateway)).containsExactly("authorize_flow");
    }

    @Test
    void whoComesGoesAndIsGrantedIsALineEachWithoutNamesOrAddresses() {
        long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        driver.relay("192.0.2.1", "s");
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2);
        driver.request(client, "create_flow", resource(0));
        driver.consent(gateway, "flow_authorized", driver.last(gateway).get("ref").asText());
        driver.close(gateway);
        driver.request(client, "create_flow", resource(0));
        driver.advance(Duration.ofSeconds(400)); // the client is silent

        String id = "[0-9a-f-]{36}";
        assertThat(driver.said)
                .hasSameSizeAs(List.of(1, 2, 3, 4, 5, 6, 7, 8))
                .satisfiesExactly(
                        line -> assertThat(line).matches("gateway " + id + " joined"),
                        line -> assertThat(line).matches("relay " + id + " joined"),
                        line -> assertThat(line).matches("client " + id + " joined"),
                        line ->
                                assertThat(line)
                                        .matches(
                                                "client %s was granted resource %s through %s"
                                                        .formatted(id, id, "gateway " + id)),
                        line ->
                                assertThat(line)
                                        .matches(
                                                "gateway " + id + " is gone: the connection ended"),
                        line ->
                                assertThat(line)
                                        .matches(
                                                "client %s was denied resource %s: offline"
                                                        .formatted(id, id)),
                        line -> assertThat(line).matches("relay " + id + " is gone: silent .*"),
                        line -> assertThat(line).matches("client " + id + " is gone: silent .*"));
    }
}
