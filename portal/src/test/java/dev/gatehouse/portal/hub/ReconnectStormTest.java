package dev.gatehouse.portal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.hub.session.ChannelEndpoint;
import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Role;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// A thousand clients with a hundred resources each, all at one gateway, come at once: nobody meets
/// a limit.
class ReconnectStormTest {
    private static final int CLIENTS = 1_000;
    private static final int RESOURCES = 100;

    private final HubDriver driver = new HubDriver(TestDirectory.of(RESOURCES));
    private final Map<Long, String> clients = new LinkedHashMap<>();
    private long gateway;

    @Test
    void aThousandClientsAskForAllTheirResourcesAtOnce() {
        gateway = driver.gateway(ChannelEndpoint.GATEWAY, "1.4.17", 1);
        IntStream.range(0, CLIENTS).forEach(this::join);

        for (int i = 0; i < RESOURCES; i++) {
            String id = TestDirectory.resource(i);
            clients.keySet().forEach(client -> driver.request(client, "create_flow", id));
            consentToAll();
        }
        candidatesForAll();

        assertThat(driver.hub().authorizations()).hasSize(CLIENTS * RESOURCES);
        for (var limit : Limit.values()) {
            assertThat(driver.met(limit)).as(limit.label()).isZero();
        }
        driver.advance(Duration.ofSeconds(61)); // and what was counted is told
        assertThat(driver.audit)
                .extracting(AuditEvent::kind)
                .doesNotContain(
                        AuditEvent.Kind.REQUESTS_DROPPED,
                        AuditEvent.Kind.ACCESS_DENIED,
                        AuditEvent.Kind.FLOOD);
    }

    private void join(int i) {
        long client = driver.client(ChannelEndpoint.CLIENT, "1.5.4", 2 + i);
        clients.put(client, driver.deviceIds.get(Role.CLIENT));
        driver.events(client);
    }

    private void consentToAll() {
        int consents = 0;
        for (var frame = driver.poll(gateway); frame != null; frame = driver.poll(gateway)) {
            if (frame.get("event").asText().equals("authorize_flow")) {
                driver.consent(gateway, "flow_authorized", frame.at("/payload/ref").asText());
                consents++;
            }
        }
        assertThat(consents).isEqualTo(CLIENTS);
        for (long client : clients.keySet()) {
            assertThat(driver.events(client)).containsExactly("flow_created");
        }
    }

    /// Thirty messages for each, of three candidates.
    private void candidatesForAll() {
        for (int i = 0; i < 30; i++) {
            clients.forEach(
                    (client, id) -> {
                        var payload = JsonNodeFactory.instance.objectNode();
                        payload.putArray("client_ids").add(id);
                        payload.putArray("candidates").add("a").add("b").add("c");
                        driver.text(gateway, "gateway", "broadcast_ice_candidates", payload);
                        assertThat(driver.events(client)).containsExactly("ice_candidates");
                    });
        }
    }
}
