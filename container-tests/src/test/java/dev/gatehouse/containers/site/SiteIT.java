package dev.gatehouse.containers.site;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.LogsOfFailures;
import dev.gatehouse.testkit.Eventually;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;

/// The main job in containers, and what becomes of a download when one of them fails.
///
/// One gateway at first; the tests with an order come last and add gateways.
@TestMethodOrder(OrderAnnotation.class)
class SiteIT {
    private static final long RATE = 1_000_000; // bytes a second
    private static final long BODY = 7_000_000;
    private static final int GET_LIMIT_S = 5;
    private static final int SPREAD_ROUNDS_MAX = 25; // one in 8,000 runs misses one of three

    private static Site site;
    private static GatewayPair first;

    @RegisterExtension private final TestWatcher watcher = new LogsOfFailures(() -> site.logs());

    @BeforeAll
    static void start() throws Exception {
        site = new Site(true).start();
        first = site.addGateway();
    }

    @AfterAll
    static void end() throws Exception {
        if (site != null) {
            site.close();
        }
    }

    @BeforeEach
    void reachable() {
        Eventually.holds(
                "the web server answers",
                Eventually.LONG,
                () -> !site.get(Site.WEB_V4, GET_LIMIT_S).isEmpty());
    }

    @Test
    void reachesAResourceOfEitherFamilyBehindTheGatewaysAddress() {
        assertThat(site.get(Site.WEB_V4, GET_LIMIT_S)).startsWith("172.31.193.2");
        Eventually.holds(
                "the web server answers over IPv6",
                Eventually.LONG,
                () -> site.get("[" + Site.WEB_V6 + "]", GET_LIMIT_S).startsWith("fd00:6a7e:2:"));
    }

    @Test
    void reachesANameThroughTheAddressThatTheClientMadeUp() {
        var address =
                Eventually.found(
                        "the name resolves",
                        Eventually.LONG,
                        () ->
                                site.asUser("busybox", "nslookup", Site.WEB_NAME, Site.DNS)
                                        .getStdout()
                                        .lines()
                                        .filter(line -> line.startsWith("Address: 100.96."))
                                        .map(line -> line.substring("Address: ".length()))
                                        .findFirst());

        Eventually.holds(
                "the web server answers under its name",
                Eventually.LONG,
                () -> site.get(address, GET_LIMIT_S).startsWith("172.31.193.2"));
    }

    @Test
    void refusesAPortThatNoPolicyAllows() {
        var connect = "exec 3<>/dev/tcp/%s/%d".formatted(Site.WEB_V4, Site.FILTERED_PORT);
        var result = site.asUser("timeout", "10", "bash", "-c", connect);

        assertThat(result.getExitCode()).isNotZero();
        assertThat(result.getStderr()).contains("No route to host");
    }

    @Test
    void takesTheDirectPath() {
        assertThat(site.clientStatus()).contains("portal     connected", " host ");
    }

    @Test
    void everyMetricThatMonitoringAsksForIsThere() throws Exception {
        assertThat(metricsIn(metricsPages())).containsAll(Monitoring.metrics());
    }

    @Test
    void everyLimitThatIsPromisedHasItsCounter() throws Exception {
        String pages = metricsPages();

        assertThat(metricsIn(pages)).containsAll(Monitoring.countersOfLimits());
        assertThat(Monitoring.labelsOfLimits()).isNotEmpty();
        assertThat(pages).contains(Monitoring.labelsOfLimits());
    }

    private String metricsPages() {
        return Stream.of("portal:8083", "relay:8080", "gateway-1:8080", "gateway-1:8081")
                .map(address -> site.ask("http://" + address + "/metrics").getStdout())
                .collect(Collectors.joining());
    }

    private static Set<String> metricsIn(String pages) {
        return pages.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[ {]")[0])
                .collect(Collectors.toSet());
    }

    @Test
    void aControlPlaneThatIsKilledDisturbsNobody() {
        var id = site.authorizationIds();
        var running = site.download(BODY, RATE);

        first.controlplane().kill();
        first.controlplane().startAgain();

        assertWhole(running, 1_000);
        Eventually.holds("joined again", Eventually.LONG, () -> site.isReady(first));
        assertThat(site.authorizationIds()).isEqualTo(id);
    }

    @Test
    void aDataPlaneThatIsKilledResumesItsConnections() {
        var id = site.authorizationIds();
        var running = site.download(BODY, RATE);

        first.dataplane().kill();
        first.dataplane().startAgain();

        assertWhole(running, 4_000);
        assertThat(site.authorizationIds()).isEqualTo(id);
        assertThat(first.dataplane().getLogs()).contains("resumed with 1 connections");
    }

    @Test
    void aDataPlaneThatStandsStillGoesOnWhereItWas() {
        var running = site.download(BODY, RATE);

        standStill(first.dataplane());

        assertWhole(running, 4_000);
    }

    @Test
    void aClientThatStandsStillGoesOnWhereItWas() {
        var running = site.download(BODY, RATE);

        standStill(site.client());

        assertWhole(running, 4_000);
    }

    @Test
    void nobodyWaitsForPortalRelayOrControlPlaneThatStandStill() {
        var running = site.download(BODY, RATE);

        standStill(site.portal(), site.relay(), first.controlplane());

        assertWhole(running, 1_000);
    }

    /// Told to end, it says goodbye: nobody waits for it, and nothing is resumed.
    @Test
    void aDataPlaneThatIsStoppedAndStartedServesAgain() {
        first.dataplane().shutDown();
        assertThat(first.dataplane().exitCode()).isZero();

        first.dataplane().startAgain();

        reachable();
        Eventually.holds("joined again", Eventually.LONG, () -> site.isReady(first));
    }

    @Test
    void aClientThatIsStoppedOrKilledServesAgain() {
        site.client().shutDown();
        assertThat(site.client().exitCode()).isZero();
        site.client().startAgain();
        reachable();

        site.client().kill();
        site.client().startAgain();
        reachable();
    }

    @Test
    void portalAndRelayMayStopMeanwhile() {
        var running = site.download(BODY, RATE);

        site.relay().shutDown();
        site.portal().shutDown();
        assertThat(site.relay().exitCode()).isZero();
        assertThat(site.portal().exitCode()).isZero();
        site.portal().startAgain();
        site.relay().startAgain();

        assertWhole(running, 1_000);
        Eventually.holds("joined again", Eventually.LONG, () -> site.isReady(first));
    }

    @Test
    void portalAndRelayMayBeKilledMeanwhile() {
        var running = site.download(BODY, RATE);

        site.relay().kill();
        site.portal().kill();
        site.portal().startAgain();
        site.relay().startAgain();

        assertWhole(running, 1_000);
        Eventually.holds("joined again", Eventually.LONG, () -> site.isReady(first));
    }

    @Test
    @Order(Integer.MAX_VALUE - 2)
    void aGatewayThatIsStoppedAndStartedServesAgain() {
        first.shutDown();

        assertThat(first.dataplane().exitCode()).isZero();
        assertThat(first.controlplane().exitCode()).isZero();
        assertThat(site.get(Site.WEB_V4, 2)).isEmpty();

        first.dataplane().startAgain();
        first.controlplane().startAgain();
        reachable();
    }

    @Test
    @Order(Integer.MAX_VALUE - 1)
    void newFlowsSpreadOverThreeGateways() {
        var names = new TreeSet<String>();
        names.add(first.name());
        names.add(site.addGateway().name());
        names.add(site.addGateway().name());
        var seen = new TreeSet<String>();

        for (int i = 0; i < SPREAD_ROUNDS_MAX && seen.size() < names.size(); i++) {
            site.restartClient();
            reachable();
            seen.add(site.gatewayOfClient());
        }

        assertThat(seen).isEqualTo(names);
    }

    /// For a fault, not for a condition: two seconds in which nothing of them runs.
    private static void standStill(Box... boxes) {
        Stream.of(boxes).forEach(Box::pause);
        LockSupport.parkNanos(2_000_000_000L);
        Stream.of(boxes).forEach(Box::unpause);
    }

    private static void assertWhole(
            CompletableFuture<Download.Outcome> running, long quietGapMsMax) {
        assertThat(running).as("the fault came in the middle").isNotDone();
        var outcome = running.join();
        assertThat(outcome.bytes()).isEqualTo(BODY);
        assertThat(outcome.wrong()).isZero();
        assertThat(outcome.longestGapMs()).isLessThan(Eventually.patientMs(quietGapMsMax));
    }
}
