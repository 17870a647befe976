package dev.gatehouse.systemtests.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process whose heap is full ends at once, for its supervisor to start it again; one that
/// lingered would answer nobody.
class FullHeapIT {
    private static final int EXIT_ON_OUT_OF_MEMORY = 3;
    private static final int FILE_LENGTH = 15 << 20;

    @TempDir private Path folder;

    /// The file is read again by a thread whose failures are told and forgotten.
    @Test
    void aProcessWithAFullHeapEnds() throws Exception {
        var file = folder.resolve("portal.yaml");
        var init = Program.start(folder, gatehouse("portal", "init", "--config", file.toString()));
        assertThat(init.await()).isZero();
        try (var portal = Program.start(folder, portal(file))) {
            portal.awaitText("API on port");

            Files.writeString(file, "# " + "x".repeat(FILE_LENGTH));

            assertThat(portal.await()).isEqualTo(EXIT_ON_OUT_OF_MEMORY);
        }
    }

    /// Beside it, what it keeps is nobody else's, though umask and folder let others read.
    @Test
    void whatAPortalKeepsIsItsUsersAlone() throws Exception {
        var file = folder.resolve("portal.yaml");
        var init = Program.start(folder, gatehouse("portal", "init", "--config", file.toString()));
        assertThat(init.await()).isZero();
        var data = Files.createDirectory(folder.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (var portal =
                Program.start(
                        folder, portal(file).after("sh", "-c", "umask 0; exec \"$@\"", "-"))) {
            portal.awaitText("API on port");

            try (var files = Files.list(data)) {
                assertThat(files)
                        .isNotEmpty()
                        .allSatisfy(
                                one ->
                                        assertThat(Files.getPosixFilePermissions(one))
                                                .as("%s", one)
                                                .isEqualTo(
                                                        PosixFilePermissions.fromString(
                                                                "rw-------")));
            }
        }
    }

    private Program.Spec portal(Path file) {
        return gatehouse(
                "portal",
                "--config",
                file.toString(),
                "--data-dir",
                folder.resolve("data").toString(),
                "--listen",
                "127.0.0.1:0",
                "--api-listen",
                "127.0.0.1:0");
    }

    private static Program.Spec gatehouse(String... arguments) {
        var spec = Program.Spec.gatehouse(arguments);
        var command = new ArrayList<>(spec.command());
        command.addAll(
                2, List.of("-Xms40m", "-Xmx40m")); // after the file of flags, which they overrule
        return new Program.Spec(List.copyOf(command), spec.environment());
    }
}
