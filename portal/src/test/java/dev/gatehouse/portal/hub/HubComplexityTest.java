package dev.gatehouse.portal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.testkit.AllocatedBytes;
import java.time.Duration;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/// Eight times as many entries cost at most ten times as much, and what others have costs nothing.
class HubComplexityTest {
    private static final int ROUNDS = 40;
    private static final int FEW = 16;
    private static final int MANY = 8 * FEW;

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /// What a message of `n` entries costs, for the second round of all.
    private static void assertLinear(IntFunction<IntConsumer> messageOf) {
        var few = messageOf.apply(FEW);
        var many = messageOf.apply(MANY);
        AllocatedBytes.of(ROUNDS, few);
        AllocatedBytes.of(ROUNDS, many);

        assertThat(AllocatedBytes.of(ROUNDS, many))
                .isLessThanOrEqualTo(10 * AllocatedBytes.of(ROUNDS, few));
    }

    /// A message costs the same whatever else there is: at most thrice, for the noise.
    private static void assertConstant(IntFunction<IntConsumer> messageAmong) {
        var few = messageAmong.apply(FEW);
        var many = messageAmong.apply(MANY);
        AllocatedBytes.of(ROUNDS, few);
        AllocatedBytes.of(ROUNDS, many);

        assertThat(AllocatedBytes.of(ROUNDS, many))
                .isLessThanOrEqualTo(3 * AllocatedBytes.of(ROUNDS, few));
    }

    private static HubDriver driver(int resources) {
        return new HubDriver(TestDirectory.of(resources));
    }

    private static long client(HubDriver driver, int key) {
        return driver.client(ChannelEndpoint.CLIENT, "1.5.4", key);
    }

    private static IntConsumer sending(
            HubDriver driver, long session, String topic, String event, ObjectNode payload) {
        String frame = HubDriver.frame(topic, event, payload);
        return _ -> {
            driver.raw(session, frame);
            driver.sent.values().forEach(java.util.Queue::clear);
            driver.audit.clear();
            driver.said.clear();
            driver.advance(Duration.ofMillis(200));
        };
    }

    @Test
    void candidatesOfAClient() {
        assertLinear(
                n -> {
                    var driver = driver(1);
                    long client = client(driver, 2);
                    driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
                    driver.request(client, "create_flow", TestDirectory.resource(0));
                    var payload = object();
                    var ids = payload.putArray("gateway_ids");
                    var lines = payload.putArray("candidates");
                    for (int i = 0; i < n; i++) {
                        ids.add(driver.deviceIds.get(Role.GATEWAY));
                        lines.add("candidate:%d 1 udp 1 192.0.2.1 5000 typ host".formatted(i));
                    }
                    return sending(driver, client, "client", "broadcast_ice_candidates", payload);
                });
    }

    @Test
    void candidatesOfAGateway() {
        assertLinear(
                n -> {
                    var driver = driver(1);
                    long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
                    var payload = object();
                    var ids = payload.putArray("client_ids");
                    var lines = payload.putArray("candidates");
                    for (int i = 0; i < n; i++) {
                        long client = client(driver, 2 + i);
                        driver.request(client, "create_flow", TestDirectory.resource(0));
                        ids.add(driver.deviceIds.get(Role.CLIENT));
                        lines.add("candidate:%d 1 udp 1 192.0.2.1 5000 typ host".formatted(i));
                    }
                    return sending(driver, gateway, "gateway", "broadcast_ice_candidates", payload);
                });
    }

    @Test
    void gatewaysThatARequestNames() {
        assertLinear(
                n -> {
                    var driver = driver(1);
                    long client = client(driver, 2);
                    driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
                    var payload = object().put("resource_id", TestDirectory.resource(0));
                    var ids = payload.putArray("connected_gateway_ids");
                    for (int i = 0; i < n; i++) {
                        ids.add("b1e6c0de-52a4-4a0c-8f39-%012d".formatted(i));
                    }
                    return sending(driver, client, "client", "create_flow", payload);
                });
    }

    @Test
    void aRequestAmongThoseOfOtherClients() {
        assertConstant(
                n -> {
                    var driver = driver(10);
                    driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
                    for (int i = 0; i < n; i++) {
                        long other = client(driver, 3 + i);
                        for (int j = 0; j < 10; j++) {
                            driver.request(other, "create_flow", TestDirectory.resource(j));
                        }
                    }
                    long client = client(driver, 2);
                    var payload = object().put("resource_id", TestDirectory.resource(0));
                    payload.putArray("connected_gateway_ids")
                            .add(driver.deviceIds.get(Role.GATEWAY));
                    String frame = HubDriver.frame("client", "create_flow", payload);
                    return _ -> driver.raw(client, frame);
                });
    }

    @Test
    void aRefThatNobodyWasGivenAmongThoseThatWait() {
        assertConstant(
                n -> {
                    var driver = driver(n);
                    long gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
                    long client = client(driver, 2);
                    for (int i = 0; i < n; i++) {
                        driver.request(client, "create_flow", TestDirectory.resource(i));
                    }
                    String frame =
                            HubDriver.frame(
                                    "gateway", "flow_authorized", object().put("ref", "made-up"));
                    return _ -> driver.raw(gateway, frame);
                });
    }

    @Test
    void anEventThatNobodyKnowsAndAHeartbeatAmongManyClients() {
        for (String event : new String[] {"made_up", "heartbeat", "phx_leave"}) {
            assertConstant(
                    n -> {
                        var driver = driver(1);
                        for (int i = 0; i < n; i++) {
                            client(driver, 3 + i);
                        }
                        long client = client(driver, 2);
                        String topic = event.equals("heartbeat") ? "phoenix" : "client";
                        String frame = HubDriver.frame(topic, event, object());
                        return _ -> driver.raw(client, frame);
                    });
        }
    }

    @Test
    void aJoinWithAListOfResources() {
        assertLinear(
                n -> {
                    var driver = driver(n);
                    long client = client(driver, 2);
                    String join = HubDriver.frame("client", "phx_join", null);
                    return _ -> {
                        driver.raw(client, join);
                        driver.advance(Duration.ofSeconds(10));
                        driver.sent.get(client).clear();
                    };
                });
    }

    @Test
    void partsOfAFrame() {
        assertLinear(
                n -> {
                    var driver = driver(1);
                    long client = client(driver, 2);
                    var payload = object();
                    for (int i = 0; i < n; i++) {
                        payload.putArray("list" + i).addObject().put("x", i);
                    }
                    return sending(driver, client, "client", "made_up", payload);
                });
    }
}
