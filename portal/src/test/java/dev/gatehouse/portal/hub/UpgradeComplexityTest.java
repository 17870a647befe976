package dev.gatehouse.portal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.testkit.AllocatedBytes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/// What an upgrade says costs what its bytes do, whoever is there already.
class UpgradeComplexityTest {
    private static final int N = 1_000;
    private static final int ROUNDS = 10;
    private static final String AGENT = "Debian/12.0.0 headless-client/1.5.4 (x86_64)";
    private static final Map<String, String> QUERY =
            HubDriver.query(HubDriver.CLIENT_TOKEN, "c", 1);

    private final HubDriver driver = new HubDriver(TestDirectory.of(1));

    @Test
    void aLongUserAgentIsLinear() {
        assertIsLinear(n -> bytes("a/1 b ".repeat(n) + AGENT, QUERY));
        assertIsLinear(n -> bytes(" ".repeat(n), QUERY));
        assertIsLinear(n -> bytes("/".repeat(n), QUERY));
    }

    @Test
    void aLongTokenIsLinear() {
        assertIsLinear(n -> bytes(AGENT, with("token", ".".repeat(n))));
        assertIsLinear(n -> bytes(AGENT, with("token", ".cl." + "x".repeat(n))));
    }

    @Test
    void longParametersAreLinear() {
        assertIsLinear(n -> bytes(AGENT, with("external_id", "x".repeat(n))));
        assertIsLinear(n -> bytes(AGENT, with("name", "\n".repeat(n))));
        assertIsLinear(n -> bytes(AGENT, with("public_key", "A".repeat(n))));
        assertIsLinear(n -> bytes(AGENT, with("device_serial", "\n".repeat(n))));
    }

    @Test
    void manyParametersAreLinear() {
        assertIsLinear(
                n -> {
                    var query = new TreeMap<>(QUERY);
                    for (int i = 0; i < n; i++) {
                        query.put("p" + i, "v");
                    }
                    return bytes(AGENT, query);
                });
    }

    /// One more device or session costs the same, however many its actor has.
    @Test
    void comingAndGoingAmongManyIsLinear() {
        assertIsLinear(n -> comeAndGo(n / 2));
    }

    private long comeAndGo(int count) {
        var fresh = new HubDriver(TestDirectory.of(1));
        return AllocatedBytes.of(
                count,
                i -> {
                    var query = with("external_id", "c" + i);
                    query.put("public_key", PlacesTest.key(i));
                    fresh.open(ChannelEndpoint.CLIENT, AGENT, query);
                });
    }

    private static void assertIsLinear(IntFunction<Long> cost) {
        cost.apply(N / 10);
        assertThat(cost.apply(8 * N)).isLessThanOrEqualTo(10 * cost.apply(N));
    }

    private long bytes(String agent, Map<String, String> query) {
        return AllocatedBytes.of(ROUNDS, _ -> driver.ask(ChannelEndpoint.CLIENT, agent, query));
    }

    private static Map<String, String> with(String name, String value) {
        var query = new LinkedHashMap<>(QUERY);
        query.put(name, value);
        return query;
    }
}
