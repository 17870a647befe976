package dev.gatehouse.containers.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.containers.engine.Scratch;
import dev.gatehouse.testkit.Eventually;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How soon a container serves, by the engine's clock: from its start to the line that says so.
class StartIT {
    private static final long LIMIT_MS = 1_500;
    private static final int ATTEMPTS = 3; // the best one counts: other work may be in the way

    private static Scratch scratch;

    @BeforeAll
    static void prepare() throws Exception {
        Engine.prepare();
        scratch = Scratch.create();
    }

    @AfterAll
    static void end() throws Exception {
        if (scratch != null) {
            scratch.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "relay, relay serves UDP port",
        "gateway-controlplane, waiting for the data plane",
        "gateway-dataplane, waiting for the control plane",
        "gateway, waiting for the control plane"
    })
    void servesSoon(String target, String line) {
        long[] ms = new long[ATTEMPTS];
        Arrays.setAll(ms, _ -> start(target, line).toMillis());

        System.out.printf("%s serves after %s ms%n", target, Arrays.toString(ms));
        assertThat(LongStream.of(ms).min().orElseThrow())
                .isLessThan(Eventually.patientMs(LIMIT_MS));
    }

    private static Duration start(String target, String line) {
        try (var box = new Box(Engine.image(target))) {
            if (!target.equals("relay") && !target.equals("gateway-controlplane")) {
                box.netAdmin().tun(scratch.tun());
            }
            box.withEnv("PUBLIC_IP4_ADDR", "192.0.2.1")
                    .withEnv("FIREZONE_TOKEN", "not-a-secret")
                    .withEnv("FIREZONE_ID", "test")
                    .withEnv("FIREZONE_API_URL", "ws://192.0.2.2:9")
                    .start();
            Eventually.holds(
                    target + " serves", Eventually.LONG, () -> box.getLogs().contains(line));
            return Duration.between(box.startedAt(), box.said(line));
        }
    }
}
