package dev.gatehouse.transport.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnedFilesTest {
    @TempDir private Path folder;

    @Test
    void theModeIsWhatWasAskedForWhateverWasThereBefore() throws Exception {
        var file = Files.writeString(folder.resolve("id"), "old, and much longer");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));

        OwnedFiles.write(file, "text", "rw-r-----");

        assertThat(Files.readString(file)).isEqualTo("text");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }
}
