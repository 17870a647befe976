package dev.gatehouse.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import dev.gatehouse.channel.frame.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    private static final LoggerContext CONTEXT = new LoggerContext();

    private static ILoggingEvent event(
            Level level, String message, Throwable failure, Object... arguments) {
        var logger = CONTEXT.getLogger("dev.gatehouse.client.ClientProcess");
        var event = new LoggingEvent("fqcn", logger, level, message, failure, arguments);
        event.setInstant(Instant.parse("2026-11-30T20:45:22.001234Z"));
        event.setThreadName("client-0");
        return event;
    }

    private static String line(LogLines.Form form, ILoggingEvent event) {
        return new String(new LogLines(form, false).encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void textIsOneFinishedSentenceALine() {
        var event = event(Level.INFO, "gateway {} is reached by {}", null, "gw", "relay");

        assertThat(line(LogLines.Form.TEXT, event))
                .isEqualTo(
                        "2026-11-30T20:45:22.001Z INFO  ClientProcess: gateway gw is reached by"
                                + " relay\n");
    }

    @Test
    void jsonHoldsTheSentenceAndATimeThatOthersRead() throws Exception {
        var event = event(Level.WARN, "{} said \"{}\"", null, "a", "b\nc");

        var line = line(LogLines.Form.JSON, event);

        assertThat(line.strip().lines()).hasSize(1);
        var json = Json.MAPPER.readTree(line);
        assertThat(json.path("message").textValue()).isEqualTo("a said \"b c\"");
        assertThat(Instant.parse(json.path("timestamp").textValue()))
                .isEqualTo("2026-11-30T20:45:22.001Z");
        assertThat(json.path("level").textValue()).isEqualTo("WARN");
        assertThat(json.has("arguments")).isFalse();
        assertThat(StreamSupport.stream(json.spliterator(), false).map(value -> value.textValue()))
                .doesNotContainNull()
                .doesNotContain("{}");
    }

    @Test
    void googlesCollectorsFindTheLevel() throws Exception {
        var line = line(LogLines.Form.GOOGLE_CLOUD, event(Level.WARN, "late", null));

        assertThat(Json.MAPPER.readTree(line).path("severity").textValue()).isEqualTo("WARNING");
    }

    @Test
    void aFailureAlwaysTellsWhy() throws Exception {
        var failure = new IOException("cannot write", new IOException("Read-only file system"));
        var event = event(Level.ERROR, "{} failed", failure, "client-0");
        var why =
                "client-0 failed: IOException: cannot write, caused by IOException: Read-only file"
                        + " system";

        assertThat(line(LogLines.Form.TEXT, event)).endsWith("ClientProcess: " + why + "\n");
        assertThat(Json.MAPPER.readTree(line(LogLines.Form.JSON, event)).path("message").asText())
                .isEqualTo(why);
    }

    @Test
    void onlyOurOwnFaultsCarryTheirTrace() {
        var bug = new IllegalStateException("broken");

        assertThat(line(LogLines.Form.TEXT, event(Level.ERROR, "it failed", bug)))
                .contains("it failed: IllegalStateException: broken\n", "at dev.gatehouse");
        assertThat(line(LogLines.Form.JSON, event(Level.ERROR, "it failed", bug)))
                .contains("\"stackTrace\":")
                .satisfies(line -> assertThat(line.strip().lines()).hasSize(1));
        assertThat(line(LogLines.Form.TEXT, event(Level.DEBUG, "it failed", bug)).lines())
                .hasSize(1);
    }
}
