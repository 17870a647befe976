package dev.gatehouse.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.demo.CommandLines;
import dev.gatehouse.demo.Demo;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Isolated // takes standard error
class CommandLinesTest {
    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource({
        "nope, 'bench: Unmatched argument'",
        "tunnel --nope, 'bench tunnel: Unknown option'",
        "tunnel --rounds x, 'bench tunnel: Invalid value for option ''--rounds'''",
        "tunnel --json, 'bench tunnel: Missing required parameter for option ''--json''' ",
        "relay --json /no/folder/file, 'bench relay: Invalid value for option ''--json''"
                + ": cannot write /no/folder/file'",
        "peers --json /, 'bench peers: Invalid value for option ''--json'': cannot write /'"
    })
    void aMistakeOfABenchmarkIsOneLine(String line, String told) {
        assertOneLine(new Bench(), 2, told, line.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "--nope, 'demo: Unknown option'",
        "--step nope, 'demo: no step ''nope'': one of cidr-v4,'",
        "--json /no/folder/file, 'demo: Invalid value for option ''--json'': cannot write'"
    })
    void aMistakeOfTheDemoIsOneLine(String line, String told) {
        assertOneLine(new Demo(), 2, told, line.split(" "));
    }

    @Test
    void aFileThatCanBeWrittenIsTaken() {
        var file = folder.resolve("result.json");
        assertThat(new CommandLines.ResultFile().convert(file.toString())).isEqualTo(file);
    }

    private static void assertOneLine(Object command, int code, String told, String... words) {
        var stderr = System.err;
        var out = new ByteArrayOutputStream();
        try {
            System.setErr(new PrintStream(out, true, StandardCharsets.UTF_8));
            assertThat(CommandLines.execute(command, words)).isEqualTo(code);
        } finally {
            System.setErr(stderr);
        }
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith(told)
                .contains("--help")
                .hasLineCount(1);
    }
}
