package dev.gatehouse.containers.compose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.containers.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The table of settings in `deploy/README.md` is that of the processes: each variable, whose it
/// is, and its default.
class SettingsTest {
    @Test
    void everySettingIsInTheTable() throws IOException {
        var rows = rows();
        for (var setting : Setting.all()) {
            if (setting.hidden()) {
                continue;
            }
            assertThat(rows)
                    .as(setting.toString())
                    .anySatisfy(
                            row -> {
                                assertThat(row.get(0)).contains("`" + setting.variable() + "`");
                                assertThat(row.get(1)).contains(setting.process());
                                assertThat(row.get(2)).contains(setting.byDefault());
                            });
        }
    }

    @Test
    void everythingInTheTableIsASetting() throws IOException {
        var known = new ArrayList<>(Setting.WITHOUT_OPTION);
        Setting.all().forEach(setting -> known.add(setting.variable()));
        for (var row : rows()) {
            assertThat(known).contains(row.get(0).replace("`", ""));
        }
    }

    /// The cells of variable, process, default and meaning.
    private static List<List<String>> rows() throws IOException {
        var readme = Files.readString(Engine.root().resolve("deploy/README.md"));
        var rows =
                readme.lines()
                        .filter(line -> line.matches("\\| `[A-Z][A-Z_0-9]+` \\|.*"))
                        .map(line -> List.of(line.substring(2).split(" \\| ")))
                        .toList();
        assertThat(rows).isNotEmpty();
        return rows;
    }
}
