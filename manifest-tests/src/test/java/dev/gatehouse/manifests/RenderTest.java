package dev.gatehouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatehouse.testkit.manifests.Checkout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RenderTest {
    private static final Pattern MINOR = Pattern.compile("Client Version: v1\\.(\\d+)");
    private static final int KUBECTL_MINOR_MIN = 27;

    @Test
    void everyOverlayIsRendered() throws IOException {
        try (var files = Files.list(Checkout.KUSTOMIZE.resolve("rendered"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(
                            Checkout.overlays().stream().map(name -> name + ".yaml").toList());
        }
    }

    @Test
    void renderedOverlaysAreFresh() throws IOException, InterruptedException {
        var program = renderer();
        assumeTrue(
                program.isPresent(),
                "neither kustomize nor kubectl >= 1.27: nothing to render with");

        for (var overlay : Checkout.overlays()) {
            var folder = Checkout.KUSTOMIZE.resolve("overlays").resolve(overlay).toString();
            var fresh = run(Stream.concat(program.get().stream(), Stream.of(folder)).toList());

            assertThat(Checkout.read(Checkout.rendered(overlay)))
                    .as("k8s/rendered/%s.yaml: run k8s/render and commit", overlay)
                    .isEqualTo(fresh);
        }
    }

    private static Optional<List<String>> renderer() throws IOException, InterruptedException {
        if (isOnPath("kustomize")) {
            return Optional.of(List.of("kustomize", "build"));
        }
        if (!isOnPath("kubectl")) {
            return Optional.empty();
        }
        var version = MINOR.matcher(run(List.of("kubectl", "version", "--client")));
        boolean recent = version.find() && Integer.parseInt(version.group(1)) >= KUBECTL_MINOR_MIN;
        return recent ? Optional.of(List.of("kubectl", "kustomize")) : Optional.empty();
    }

    private static boolean isOnPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        var process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s", command).isZero();
        return output;
    }
}
