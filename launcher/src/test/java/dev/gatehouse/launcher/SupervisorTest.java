package dev.gatehouse.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisorTest {
    private static final int GIVEN_UP = 77;
    private static final int FAILED = 1;

    @TempDir private Path folder;

    /// A control plane whose token is refused tells the data plane to end, and ends itself.
    @Test
    void whoIsToldToEndByOneThatGivesUpIsNotStartedAgain() throws Exception {
        var starts = folder.resolve("starts");
        var told = child("data plane", "echo started >> " + starts, Map.of());
        var givesUp =
                child(
                        "control plane",
                        "until [ -s %s ]; do sleep 0.01; done; exit %d".formatted(starts, GIVEN_UP),
                        Map.of(GIVEN_UP, FAILED));

        int code = new Supervisor(List.of(givesUp, told), Map.of()).run();

        assertThat(code).isEqualTo(FAILED);
        assertThat(Files.readAllLines(starts)).hasSize(1);
    }

    /// As it does whose heap is full.
    @Test
    void whoEndsByItselfIsStartedAgain() throws Exception {
        var starts = folder.resolve("starts");
        var script = "echo started >> %1$s; [ $(wc -l < %1$s) = 3 ] && exit %2$d; exit 3";
        var dies =
                child("data plane", script.formatted(starts, GIVEN_UP), Map.of(GIVEN_UP, FAILED));

        int code = new Supervisor(List.of(dies), Map.of()).run();

        assertThat(code).isEqualTo(FAILED);
        assertThat(Files.readAllLines(starts)).hasSize(3);
    }

    private static Supervisor.Child child(String name, String script, Map<Integer, Integer> codes) {
        return new Supervisor.Child(name, List.of("sh", "-c", script), codes);
    }
}
