package dev.gatehouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoomsTest {
    private static final String TESTKIT =
            """
            . ->
            kubelet -> . manifests
            manifests ->
            """;

    @Test
    void theMapOfTheTestkitIsRight() {
        Rooms.check("dev.gatehouse.testkit", TESTKIT);
    }

    /// The testkit stands on `wire`, which thus cannot ask for itself.
    @Test
    void wireIsOneRoom() {
        Rooms.checkIn(Path.of("../protocol/wire"), "dev.gatehouse.wire", ". ->");
    }

    @Test
    void anArrowThatIsNotOnTheMapIsNamedWithAnExample() {
        assertThatThrownBy(() -> Rooms.check("dev.gatehouse.testkit", ". ->\n manifests ->"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(
                        "not on the map: kubelet -> manifests (Source uses Manifests)")
                .hasMessageNotContaining("only");
    }

    @Test
    void anArrowOrARoomThatIsOnlyOnTheMapIsNamed() {
        String arrows = TESTKIT.replace("manifests ->", "manifests -> .\n attic ->");

        assertThatThrownBy(() -> Rooms.check("dev.gatehouse.testkit", arrows))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("on the map only: manifests -> .")
                .hasMessageContaining("on the map only: attic");
    }

    @Test
    void aHallAndARoomWithoutADoorAreNamed(@TempDir Path sources) throws IOException {
        var hall = Files.createDirectories(sources.resolve("hall"));
        for (int i = 0; i <= Rooms.FILES_MAX; i++) {
            Files.writeString(hall.resolve("File" + i + ".java"), "");
        }

        assertThat(Rooms.folderFaults(sources, true))
                .containsExactly(
                        hall + ": 21 files, more than 20",
                        hall + ": a package-info of 0 lines, not of 2 to 6");
        assertThat(Rooms.folderFaults(sources, false)).hasSize(1);
    }

    @Test
    void aRoomWithADoorIsFine(@TempDir Path sources) throws IOException {
        Files.writeString(sources.resolve("Only.java"), "");
        Files.writeString(sources.resolve("package-info.java"), "/// For.\n/// Begin at.\n");

        assertThat(Rooms.folderFaults(sources, true)).isEmpty();
        assertThatCode(() -> Rooms.folderFaults(sources.resolve("none"), true))
                .doesNotThrowAnyException();
    }

    @Test
    void thePictureNamesTheRoomsOfAModule() {
        var picture =
                List.of(
                        "portal                  listener  api",
                        "                        hub*: relay  limit",
                        "portals                 other",
                        "",
                        "relay                   server*: request");

        assertThat(Rooms.pictured(picture, "portal"))
                .containsExactly("api", "hub", "hub.limit", "hub.relay", "listener");
        assertThat(Rooms.pictured(picture, "relay")).containsExactly("server", "server.request");
        assertThat(Rooms.pictured(picture, "client")).isEmpty();
    }
}
