package dev.gatehouse.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

import dev.gatehouse.portal.TestPeer.Age;
import dev.gatehouse.testkit.Eventually;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Floods over real sockets, and what an honest client notices of them.
class PortalFloodTest {
    private static final int FRAMES = 60_000;
    private static final int PROBES = 40;

    @TempDir private Path directory;
    private TestPortal portal;

    @BeforeEach
    void start() throws Exception {
        portal = TestPortal.start(directory);
    }

    @AfterEach
    void stop() {
        portal.close();
    }

    private static String frame(String topic, String event) {
        return "{\"topic\":\"%s\",\"event\":\"%s\",\"ref\":1,\"payload\":%s}"
                .formatted(
                        topic, event, "{\"resource_id\":\"made-up\",\"connected_gateway_ids\":[]}");
    }

    private double metric(String line) throws Exception {
        var matcher =
                Pattern.compile("(?m)^" + Pattern.quote(line) + " (\\S+)")
                        .matcher(portal.get("/metrics").body());
        return matcher.find() ? Double.parseDouble(matcher.group(1)) : 0;
    }

    private static String limited(String limit) {
        return "gatehouse_portal_limited_total{limit=\"%s\"}".formatted(limit);
    }

    /// How long the portal takes for a heartbeat and for a request of an honest client, in ms; the
    /// median of many, as this machine does other things, too.
    private static long waits(TestPeer honest, TestPeer gateway) throws Exception {
        List<Long> waits = new ArrayList<>();
        for (int i = 0; i < PROBES; i++) {
            long began = System.nanoTime();
            honest.sendTo("phoenix", "heartbeat", honest.object());
            honest.expect("phx_reply");
            waits.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        }
        var payload = honest.object().put("resource_id", TestPortal.resourceId("v4"));
        payload.putArray("connected_gateway_ids");
        honest.send("create_flow", payload);
        gateway.send(
                "flow_authorized",
                gateway.object().put("ref", gateway.expect("authorize_flow").get("ref").asText()));
        honest.expect("flow_created");
        gateway.expect("phx_reply");
        return waits.stream().sorted().toList().get(PROBES / 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"create_flow", "phx_leave"})
    void anHonestClientIsServedBesideAFlood(String event) throws Exception {
        try (var gateway = TestPeer.gateway(portal, Age.OCTOBER_2025, 1);
                var honest = TestPeer.client(portal, Age.OCTOBER_2025, 2);
                var hostile = TestPeer.client(portal, Age.OCTOBER_2025, 3)) {
            gateway.join();
            honest.join();
            hostile.join();

            hostile.flood(frame("client", event), FRAMES);
            long wait = waits(honest, gateway);

            assertThat(wait).as("median wait in ms").isLessThan(Eventually.patientMs(100));
            Eventually.becomes(
                    "throttled", Eventually.LONG, () -> metric(limited("throttled")) == 1);
            if (event.equals("phx_leave")) {
                return; // that it is cut off in the end is the same
            }
            hostile.awaitClose(Eventually.LONG);
            assertThat(metric(limited("flood"))).isOne();
            assertThat(metric("gatehouse_portal_audit_left_out_total")).isZero();
            assertThat(Files.readAllLines(directory.resolve("data/audit.jsonl")))
                    .hasSizeLessThan(20);
        }
    }

    @Test
    void aPeerThatReadsNothingIsNotServed() throws Exception {
        try (var gateway = TestPeer.gateway(portal, Age.OCTOBER_2025, 1);
                var honest = TestPeer.client(portal, Age.OCTOBER_2025, 2);
                var hostile = TestPeer.client(portal, Age.OCTOBER_2025, 3)) {
            gateway.join();
            honest.join();
            hostile.join();
            hostile.stopReading();

            hostile.flood(frame("x".repeat(60_000), "y"), 2_000);

            assertThat(waits(honest, gateway)).isLessThan(Eventually.patientMs(100));
            assertThat(metric(limited("answers_unread"))).isGreaterThanOrEqualTo(1);
            assertThat(metric("gatehouse_portal_unread_bytes")).isLessThan(1 << 20);
        }
    }

    /// What candidates may take of the portal's memory for one client that does not read.
    @Test
    void aGatewaysCandidatesAreDroppedForAClientThatDoesNotRead() throws Exception {
        try (var gateway = TestPeer.gateway(portal, Age.OCTOBER_2025, 1);
                var victim = TestPeer.client(portal, Age.OCTOBER_2025, 2);
                var honest = TestPeer.client(portal, Age.OCTOBER_2025, 3)) {
            gateway.join();
            victim.join();
            honest.join();
            var request = victim.object().put("resource_id", TestPortal.resourceId("v4"));
            request.putArray("connected_gateway_ids");
            victim.send("create_flow", request);
            var asked = gateway.expect("authorize_flow");
            victim.stopReading();
            var candidates = gateway.object();
            candidates.putArray("client_ids").add(asked.at("/client/id").asText());
            var lines = candidates.putArray("candidates");
            for (int i = 0; i < 120; i++) {
                lines.add("candidate:%d %s".formatted(i, "x".repeat(450)));
            }

            gateway.flood(
                    "{\"topic\":\"gateway\",\"event\":\"broadcast_ice_candidates\",\"ref\":1,"
                            + "\"payload\":%s}".formatted(candidates),
                    700);

            Eventually.becomes(
                    "dropped", Eventually.LONG, () -> metric(limited("candidates_unread")) >= 1);
            assertThat(metric(limited("slow_reader"))).isZero();
            assertThat(metric("gatehouse_portal_unread_bytes")).isLessThan(17 << 20);
            assertThat(waits(honest, gateway)).isLessThan(Eventually.patientMs(100));
        }
    }

    /// It does not answer the close frame, and goes on sending.
    @Test
    void aSessionThatIsCutOffIsReadNoMore() throws Exception {
        var request =
                "GET /client/websocket?token=%s&external_id=raw&public_key=%s HTTP/1.1\r\n"
                                .formatted(
                                        TestPortal.CLIENT_TOKEN,
                                        TestPeer.key(9).replace("=", "%3D"))
                        + "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Version: 13\r\nUser-Agent: x headless-client/1.5.4\r\n"
                        + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        var frames = new byte[70_000]; // of one byte each, masked with 0
        for (int i = 0; i < frames.length; i += 7) {
            frames[i] = (byte) 0x81;
            frames[i + 1] = (byte) 0x81;
            frames[i + 6] = 'x';
        }
        try (var hostile = new Socket("127.0.0.1", portal.port())) {
            hostile.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            assertThat(hostile.getInputStream().readNBytes(12)).endsWith('1', '0', '1');
            long began = System.nanoTime();

            assertThatException()
                    .isThrownBy(
                            () -> {
                                while (true) {
                                    hostile.getOutputStream().write(frames);
                                }
                            });

            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .isLessThan(Duration.ofSeconds(8));
        }
    }

    @Test
    void pingsAndLongMessagesEndTheSession() throws Exception {
        try (var pinging = TestPeer.client(portal, Age.OCTOBER_2025, 3);
                var talking = TestPeer.client(portal, Age.OCTOBER_2025, 4)) {
            pinging.ping(2_000);
            talking.flood(frame("x".repeat(500_000), "y"), 1);

            pinging.awaitClose(Eventually.LONG);
            talking.awaitClose(Eventually.LONG);
            assertThat(metric(limited("odd_frames"))).isOne();
            assertThat(metric(limited("message_length"))).isOne();
        }
    }
}
