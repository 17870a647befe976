package dev.gatehouse.systemtests.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Every process says what it is, and ends when it is told to.
@Tag("netns")
@Execution(ExecutionMode.CONCURRENT)
class LifecycleIT {
    private static final long END_LIMIT_S = 15; // a busy machine; alone it is one
    private static final Map<String, String> PEER =
            Map.of(
                    "FIREZONE_TOKEN", "a-token",
                    "FIREZONE_ID", "test",
                    "FIREZONE_API_URL", "ws://127.0.0.1:9",
                    "PUBLIC_IP4_ADDR", "192.0.2.1",
                    "GATEHOUSE_PORTAL_DATA_DIR", "/run/portal-data");

    /// A process and what it says once it serves.
    private record Running(String process, String ready) {}

    static final List<Running> RUNNING =
            List.of(
                    new Running("portal", "portal ws on port 8083"),
                    new Running("relay", "relay serves UDP port 3478"),
                    new Running("dataplane", "waiting for the control plane"),
                    new Running("controlplane", "waiting for the data plane"),
                    new Running("gateway", "cannot connect"),
                    new Running("client", "cannot connect"));

    static final List<String> COMMANDS =
            List.of("portal", "relay", "gateway", "dataplane", "controlplane", "client", "");

    @TempDir private Path folder;

    @ParameterizedTest
    @FieldSource("COMMANDS")
    void helpNamesTheCommandAndEveryVariable(String command) throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var help = sandbox.start(gatehouse(command, "--help"));
                    assertThat(help.await()).isZero();
                    assertThat(help.out())
                            .startsWith("Usage: gatehouse " + command)
                            .contains("--help", "--version")
                            .doesNotContain("${");
                });
    }

    @ParameterizedTest
    @FieldSource("COMMANDS")
    void versionIsOneLine(String command) throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var version = sandbox.start(gatehouse(command, "--version"));
                    assertThat(version.await()).isZero();
                    assertThat(version.out()).matches("gatehouse \\d+\\.\\d+\\.\\d+\n");
                });
    }

    @ParameterizedTest
    @FieldSource("RUNNING")
    void sigtermIsAGoodEnd(Running running) throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var file = sandbox.file("portal.yaml", "account:\n  slug: home\n");
                    var program =
                            sandbox.start(
                                            gatehouse(running.process)
                                                    .with(PEER)
                                                    .with(
                                                            "GATEHOUSE_PORTAL_CONFIG",
                                                            file.toString()))
                                    .awaitText(running.ready);

                    program.terminate();

                    assertThat(program.await(END_LIMIT_S)).as(program.err()).isZero();
                    assertThat(program.err()).doesNotContain("\tat ", "Exception");
                    assertThat(sandbox.exec("ip", "-o", "link")).doesNotContain("tun-firezone");
                    assertThat(sandbox.exec("ip", "route", "show", "table", "all"))
                            .doesNotContain("unreachable 100.");
                    assertThat(sandbox.exec("nft", "list", "ruleset")).isEmpty();
                });
    }

    private static Spec gatehouse(String... words) {
        return Spec.gatehouse(
                Stream.of(words).filter(word -> !word.isEmpty()).toArray(String[]::new));
    }
}
