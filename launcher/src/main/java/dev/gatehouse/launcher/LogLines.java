package dev.gatehouse.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import ch.qos.logback.core.encoder.JsonEscapeUtil;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/// Writes an event as one line that is a finished sentence, with the time as ISO 8601 in UTC, and
/// with the reason of a failure. Only a failure that is our own fault is followed by its stack
/// trace.
final class LogLines extends EncoderBase<ILoggingEvent> {
    /// How a line looks.
    enum Form {
        TEXT,
        JSON,
        /// JSON whose level is where Google's collectors look for it.
        GOOGLE_CLOUD
    }

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final Form form;
    private final boolean isDetailed;

    /// @param isDetailed whether stack traces are wanted with every failure
    LogLines(Form form, boolean isDetailed) {
        this.form = form;
        this.isDetailed = isDetailed;
    }

    @Override
    public byte[] headerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] footerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        var line = form == Form.TEXT ? text(event) : json(event);
        return line.getBytes(StandardCharsets.UTF_8);
    }

    private String text(ILoggingEvent event) {
        var logger = event.getLoggerName();
        var line =
                "%s %-5s %s: %s%n"
                        .formatted(
                                TIME.format(event.getInstant()),
                                event.getLevel(),
                                logger.substring(logger.lastIndexOf('.') + 1),
                                Causes.sentence(event));
        return Causes.needsTrace(event, isDetailed) ? line + trace(event) : line;
    }

    private String json(ILoggingEvent event) {
        var line = new StringBuilder("{");
        field(line, "timestamp", TIME.format(event.getInstant()));
        field(line, "level", event.getLevel().toString());
        if (form == Form.GOOGLE_CLOUD) {
            field(line, "severity", severity(event.getLevel()));
        }
        field(line, "threadName", event.getThreadName());
        field(line, "loggerName", event.getLoggerName());
        field(line, "message", Causes.sentence(event));
        Causes.chain(event).ifPresent(causes -> field(line, "exception", causes));
        if (Causes.needsTrace(event, isDetailed)) {
            field(line, "stackTrace", trace(event));
        }
        return line.append("}\n").toString();
    }

    private static void field(StringBuilder line, String name, String value) {
        if (line.length() > 1) {
            line.append(',');
        }
        line.append('"').append(name).append("\":\"");
        line.append(JsonEscapeUtil.jsonEscapeString(value)).append('"');
    }

    private static String severity(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> "ERROR";
            case Level.WARN_INT -> "WARNING";
            case Level.INFO_INT -> "INFO";
            default -> "DEBUG";
        };
    }

    private static String trace(ILoggingEvent event) {
        return ThrowableProxyUtil.asString(event.getThrowableProxy());
    }
}
