package dev.gatehouse.testkit.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.manifests.Manifests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The probes of the rendered manifests in virtual time, against a pod that answers as it is told.
class ProbesTest {
    private static final String STARTUP = "/startupz";
    private static final String LIVENESS = "/healthz";
    private static final String READINESS = "/readyz";

    private final List<String> asked = new ArrayList<>();
    private final List<String> failing = new ArrayList<>();
    private final Probes probes =
            new Probes(
                    Manifests.of("demo").workload("gatehouse-gateway").container("dataplane"),
                    this::status,
                    (command, _) -> failing.isEmpty());
    private long nowNs;

    private int status(int port, String path, Duration timeout) {
        assertThat(port).isEqualTo(8081);
        assertThat(timeout).isEqualTo(Duration.ofSeconds(path.equals(LIVENESS) ? 5 : 2));
        asked.add(path);
        return failing.contains(path) ? 503 : 200;
    }

    /// Lets time pass as a kubelet's container sees it, in ticks of 50 ms.
    private void pass(int seconds) {
        for (int i = 0; i < 20 * seconds; i++) {
            probes.run(nowNs);
            nowNs += Duration.ofMillis(50).toNanos();
        }
    }

    private void restart() {
        probes.reset(nowNs);
        asked.clear();
    }

    @Test
    void nothingButTheStartupProbeAsksUntilItSucceeds() {
        failing.add(STARTUP);
        restart();
        pass(10);
        assertThat(asked).hasSize(10).containsOnly(STARTUP);
        assertThat(probes.isStarted()).isFalse();
        assertThat(probes.isReady()).isFalse();

        failing.clear();
        asked.clear();
        pass(10);

        assertThat(asked.getFirst()).isEqualTo(STARTUP);
        assertThat(asked.stream().filter(STARTUP::equals)).hasSize(1);
        assertThat(asked.stream().filter(LIVENESS::equals)).hasSize(1);
        assertThat(asked.stream().filter(READINESS::equals)).hasSize(5);
        assertThat(probes.isStarted()).isTrue();
        assertThat(probes.isReady()).isTrue();
    }

    @Test
    void aContainerThatNeverStartsIsRestartedAfterTheThreshold() {
        failing.add(STARTUP);
        restart();
        pass(119);
        assertThat(probes.wantsRestart()).isFalse();

        pass(1);

        assertThat(probes.wantsRestart()).isTrue();
    }

    @Test
    void livenessThatFailsThreeTimesInARowAsksForARestart() {
        restart();
        pass(5);
        failing.add(LIVENESS);
        pass(20);
        failing.clear();
        pass(10); // one success between: the count begins again
        failing.add(LIVENESS);
        pass(20);
        assertThat(probes.wantsRestart()).isFalse();

        pass(10);

        assertThat(probes.wantsRestart()).isTrue();
        restart();
        assertThat(probes.wantsRestart()).isFalse();
    }

    @Test
    void readinessIsLostAfterTwoFailuresAndBackAfterOneSuccess() {
        restart();
        pass(5);
        failing.add(READINESS);
        pass(2);
        assertThat(probes.isReady()).isTrue();
        pass(2);
        assertThat(probes.isReady()).isFalse();
        assertThat(probes.wantsRestart()).isFalse();

        failing.clear();
        pass(2);

        assertThat(probes.isReady()).isTrue();
    }

    @Test
    void aContainerWithoutProbesIsReadyAtOnce() {
        var none =
                new Probes(
                        Manifests.of("demo").workload("gatehouse-client").container("application"),
                        this::status,
                        (command, _) -> failing.isEmpty());

        none.reset(0);
        none.run(0);

        assertThat(none.isStarted()).isTrue();
        assertThat(none.isReady()).isTrue();
        assertThat(none.wantsRestart()).isFalse();
        assertThat(asked).isEmpty();
    }

    /// The client serves no HTTP: a program in its container asks it.
    @Test
    void aSidecarIsStartedWhenItsCommandSucceeds() {
        var client =
                Manifests.of("demo").workload("gatehouse-client").container("gatehouse-client");
        var commands = new ArrayList<List<String>>();
        var sidecar =
                new Probes(
                        client,
                        this::status,
                        (command, timeout) -> {
                            assertThat(timeout).isEqualTo(Duration.ofSeconds(60));
                            commands.add(command);
                            return failing.isEmpty();
                        });
        failing.add(STARTUP);
        sidecar.reset(0);
        sidecar.run(0);
        assertThat(sidecar.isStarted()).isFalse();
        assertThat(sidecar.wantsRestart()).isFalse();

        failing.clear();
        sidecar.run(Duration.ofSeconds(2).toNanos());

        assertThat(sidecar.isStarted()).isTrue();
        assertThat(sidecar.isReady()).isTrue();
        assertThat(commands)
                .hasSize(2)
                .allSatisfy(one -> assertThat(one).endsWith("client", "status", "--ready"));
    }
}
