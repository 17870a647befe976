package dev.gatehouse.portal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.hub.admission.Admission;
import dev.gatehouse.portal.hub.admission.PlaceLimits;
import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.hub.session.Identity;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.HubState;
import dev.gatehouse.portal.state.Role;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What one token can take of the portal.
class PlacesTest {
    private static final String YAML =
            TestDirectory.withTokens(
                    """
                    account: {slug: acme}
                    sites:
                      - name: HQ
                    actors:
                      - name: alice
                    groups:
                      - {name: all, members: [alice]}
                    tokens:
                      - {id: gw, type: gateway, site: HQ, hash: "%s"}
                      - {id: rl, type: relay, hash: "%s"}
                      - {id: cl, type: client, actor: alice, hash: "%s"}
                    """);
    private static final String AGENT = "Debian/12.0.0 headless-client/1.5.4 (x86_64)";

    @Test
    void clientsOfOneTokenLeavePlacesToGatewaysAndRelays() {
        var driver = driver(new PlaceLimits(20, 100, 5, 100, Duration.ZERO));
        for (int i = 0; i < 18; i++) {
            open(driver, i);
        }

        assertThat(refusal(driver, 18)).isEqualTo("503 rate_limit");

        driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 200);
        driver.relay("192.0.2.1", "secret");
        assertThat(driver.hub().connections()).hasSize(20);
    }

    @Test
    void oneTokensSessionsAreLimitedAndComeBackAsOthersGo() {
        var driver = driver(new PlaceLimits(100, 3, 2, 100, Duration.ZERO));
        long first = open(driver, 0);
        open(driver, 1);
        open(driver, 2);

        assertThat(refusal(driver, 3)).isEqualTo("503 rate_limit");
        assertThat(refusal(driver, 2)).as("the same device again").isEqualTo("accepted");

        driver.close(first);
        assertThat(refusal(driver, 3)).isEqualTo("accepted");
    }

    /// Ten thousand upgrades at once are all judged before the first of them is open.
    @Test
    void whoWasAcceptedTooManyIsClosed() {
        var driver = driver(new PlaceLimits(100, 2, 2, 100, Duration.ZERO));
        var accepted = new Identity[5];
        for (int i = 0; i < accepted.length; i++) {
            accepted[i] = ((Admission.Accepted) ask(driver, i)).identity();
        }
        for (int i = 0; i < accepted.length; i++) {
            driver.hub().handleOpened(1000 + i, accepted[i], driver.nowNs());
        }
        driver.drain();

        assertThat(driver.closed).containsExactly(1002L, 1003L, 1004L);
        assertThat(driver.hub().devices()).hasSize(2);
    }

    @Test
    void rowsOfAnActorAreLimited() {
        var driver = driver(new PlaceLimits(100, 100, 5, 3, Duration.ZERO));
        for (int i = 0; i < 3; i++) {
            driver.close(open(driver, i));
        }

        assertThat(refusal(driver, 3)).isEqualTo("503 limits_exceeded");
        assertThat(refusal(driver, 0)).isEqualTo("accepted");
    }

    @Test
    void oneDeviceThatComesAgainAndAgainIsToldToWait() {
        var driver = driver(PlaceLimits.DEFAULT);
        int accepted = 0;
        while (refusal(driver, 0).equals("accepted")) {
            accepted++;
        }

        assertThat(accepted).isEqualTo(30);
        assertThat(refusal(driver, 1)).as("another one").isEqualTo("accepted");
        driver.advance(Duration.ofSeconds(2));
        assertThat(refusal(driver, 0)).isEqualTo("accepted");
    }

    /// A thousand service clients share a token; all come back when the portal does, some twice.
    @Test
    void aThousandClientsOfOneTokenMeetNoLimit() {
        var driver = driver(PlaceLimits.DEFAULT);
        for (int i = 0; i < 2_000; i++) {
            open(driver, i % 1_000);
        }

        assertThat(driver.hub().connections()).hasSize(1_000);
    }

    @Test
    void aRowThatIsNotSeenGoes() {
        var driver = driver(new PlaceLimits(100, 100, 5, 100, Duration.ofDays(9)));
        driver.close(open(driver, 0));
        long stays = client(driver, 1);
        driver.close(open(driver, 2));
        beats(driver, stays, Duration.ofDays(2));
        driver.close(open(driver, 2));

        beats(driver, stays, Duration.ofDays(6));
        assertThat(driver.hub().devices()).as("seen once").hasSize(2);

        beats(driver, stays, Duration.ofDays(5));
        assertThat(driver.hub().devices()).as("not seen for long").hasSize(1);
        assertThat(driver.audit)
                .filteredOn(e -> e.kind() == AuditEvent.Kind.DEVICE_EXPIRED)
                .hasSize(2);
    }

    @Test
    void aVerifiedRowStays() {
        var driver = driver(new PlaceLimits(100, 100, 5, 100, Duration.ofDays(1)));
        driver.close(open(driver, 0));
        driver.hub().verify(driver.deviceIds.get(Role.CLIENT), true, driver.nowNs());

        driver.advance(Duration.ofDays(10));

        assertThat(driver.hub().devices()).hasSize(1);
    }

    @Test
    void whoDoesNotJoinIsClosed() {
        var driver = driver(PlaceLimits.DEFAULT);
        long silent = open(driver, 0);

        for (int i = 0; i < 7; i++) {
            driver.text(silent, "phoenix", "heartbeat", null);
            driver.advance(Duration.ofSeconds(10));
        }

        assertThat(driver.closed).containsExactly(silent);
    }

    private static void beats(HubDriver driver, long session, Duration time) {
        var until = driver.nowNs() + time.toNanos();
        while (driver.nowNs() < until) {
            driver.text(session, "phoenix", "heartbeat", null);
            driver.advance(Duration.ofSeconds(25));
            driver.events(session);
        }
    }

    private static HubDriver driver(PlaceLimits limits) {
        return new HubDriver(HubState.of(TestDirectory.read(YAML)), limits);
    }

    private static long client(HubDriver driver, int number) {
        long id = open(driver, number);
        driver.text(id, "client", "phx_join", null);
        return id;
    }

    private static long open(HubDriver driver, int number) {
        return driver.open(ChannelEndpoint.CLIENT, AGENT, query(number));
    }

    private static Admission ask(HubDriver driver, int number) {
        return driver.ask(ChannelEndpoint.CLIENT, AGENT, query(number));
    }

    private static String refusal(HubDriver driver, int number) {
        return switch (ask(driver, number)) {
            case Admission.Accepted _ -> "accepted";
            case Admission.Refused(int status, var code, _) -> status + " " + code;
        };
    }

    private static Map<String, String> query(int number) {
        var query = new LinkedHashMap<>(HubDriver.query(HubDriver.CLIENT_TOKEN, "c" + number, 0));
        query.put("public_key", key(number));
        return query;
    }

    static String key(int number) {
        return Base64.getEncoder().encodeToString(ByteBuffer.allocate(32).putInt(number).array());
    }
}
