package dev.gatehouse.containers.engine;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Programs of the host that judge files of ours.
public final class Programs {
    /// @param said on standard output and standard error
    public record Result(int status, String said) {}

    private Programs() {}

    /// Skips the test for a `reason`, or fails it when `GATEHOUSE_REQUIRE` names `docker`.
    static void missing(String reason) {
        if (System.getenv().getOrDefault("GATEHOUSE_REQUIRE", "").contains("docker")) {
            fail(reason);
        }
        assumeTrue(false, reason);
    }

    /// Skips the test, as [#missing] does, where a program is not installed.
    public static void need(String program, String debianPackage) {
        boolean there =
                Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
        if (!there) {
            missing(program + " is not installed (Debian package " + debianPackage + ")");
        }
    }

    public static Result run(Path folder, List<String> command)
            throws IOException, InterruptedException {
        var process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), said);
    }
}
