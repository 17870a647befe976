package dev.gatehouse.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenFileTest {
    private static final Path NOWHERE = Path.of("/nonexistent/token");

    @TempDir private Path folder;

    @Test
    void theVariableHoldsTheTokenOrNamesAFile() throws Exception {
        var file = Files.writeString(folder.resolve("token"), "n.secret\n");
        var relative = Path.of("").toAbsolutePath().relativize(file);

        assertThat(TokenFile.read(" n.secret ", NOWHERE).value()).isEqualTo("n.secret");
        assertThat(TokenFile.read(file.toString(), NOWHERE).value()).isEqualTo("n.secret");
        assertThat(TokenFile.read(relative.toString(), NOWHERE).value()).isEqualTo("n.secret");
    }

    @Test
    void anEmptyFileAndNoneAreTold() throws Exception {
        var empty = Files.writeString(folder.resolve("empty"), "");

        assertThatThrownBy(() -> TokenFile.read(empty.toString(), NOWHERE))
                .hasMessageContaining("is empty");
        assertThatThrownBy(() -> TokenFile.read("", NOWHERE)).hasMessageContaining("no token");
        assertThatThrownBy(() -> TokenFile.read("", folder))
                .hasMessageContaining(
                        "FIREZONE_TOKEN_PATH names " + folder + ", which is a folder");
    }
}
