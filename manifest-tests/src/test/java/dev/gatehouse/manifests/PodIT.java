package dev.gatehouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Report;
import dev.gatehouse.manifests.sources.Checkout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Runs the pods of `overlays/demo` in an enclosure of namespaces; each step of [PodScenario] is a
/// test.
@Tag("netns")
class PodIT {
    private static final int STEPS = 13;

    @TempDir private Path temporary;

    @TestFactory
    Stream<DynamicTest> podsOfTheDemoOverlay() throws Exception {
        requireRoot();
        var result = temporary.resolve("result.json");

        int status =
                Enclosure.run(
                        PodScenario.class,
                        List.of(result.toString(), stage().toString()),
                        "pods-" + ProcessHandle.current().pid());

        assertThat(result).as("the scenario ended with %d", status).exists();
        var report = new Report();
        report.read(result);
        assertThat(report.steps()).hasSize(STEPS);
        return report.steps().stream()
                .map(
                        step ->
                                DynamicTest.dynamicTest(
                                        step.name(),
                                        () -> assertThat(step.ok()).as(step.detail()).isTrue()));
    }

    private static void requireRoot() {
        if ("root".equals(System.getProperty("user.name"))) {
            return;
        }
        var reason = "pods need namespaces, and those need root";
        if (System.getenv().getOrDefault("GATEHOUSE_REQUIRE", "").contains("netns")) {
            fail(reason);
        }
        assumeTrue(false, reason);
    }

    /// Gathers what images hold, by the script that builds them.
    private static Path stage() throws IOException, InterruptedException {
        var builder =
                new ProcessBuilder(Checkout.ROOT.resolve("deploy/images").toString(), "--stage")
                        .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        var process = builder.start();
        var lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("deploy/images --stage").isZero();
        var folder = Path.of(lines.lines().toList().getLast());
        assertThat(Files.isDirectory(folder)).isTrue();
        return folder;
    }
}
