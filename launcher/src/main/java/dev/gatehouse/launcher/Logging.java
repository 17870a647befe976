package dev.gatehouse.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Configures Logback from the environment: `GATEHOUSE_LOG_LEVEL`, or the plain level of `RUST_LOG`
/// (`info,wire=debug` means info), and `GATEHOUSE_LOG_FORMAT` text or json, or else the relay's
/// `LOG_FORMAT` human, json or google-cloud (relay.md 1). Logs go to stderr.
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class Logging extends ContextAwareBase implements Configurator {
    private static final List<String> FORMATS = List.of("text", "human", "json", "google-cloud");
    private static final List<String> LEVELS =
            List.of("off", "error", "warn", "info", "debug", "trace", "all");

    /// They warn of what is no fault here: a machine without nameserver or hardware address.
    private static final List<String> MISLEADING =
            List.of(
                    "io.netty.resolver.dns.DefaultDnsServerAddressStreamProvider",
                    // "Connection evicted", whenever a portal refuses an upgrade
                    "io.vertx.core.http.impl.HttpClientConnectionInternal",
                    "io.netty.util.internal.MacAddressUtil");

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        var environment = System.getenv();
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        var level = level(environment);
        var lines = new LogLines(form(environment), !level.isGreaterOrEqual(Level.INFO));
        lines.setContext(context);
        lines.start();
        appender.setEncoder(lines);
        appender.start();
        var root = context.getLogger("ROOT");
        root.setLevel(level);
        root.addAppender(appender);
        if (level.isGreaterOrEqual(Level.DEBUG)) {
            context.getLogger("io.netty").setLevel(Level.WARN);
            context.getLogger("io.vertx").setLevel(Level.WARN);
            context.getLogger("org.flywaydb").setLevel(Level.WARN);
            MISLEADING.forEach(name -> context.getLogger(name).setLevel(Level.ERROR));
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /// What is wrong with the settings of the log, in one line. Empty variables are not set, and
    /// what `RUST_LOG` may hold is for others to say.
    static Optional<String> mistake(Map<String, String> environment) {
        return notOneOf(environment, "GATEHOUSE_LOG_LEVEL", LEVELS)
                .or(() -> notOneOf(environment, "GATEHOUSE_LOG_FORMAT", FORMATS))
                .or(() -> notOneOf(environment, "LOG_FORMAT", FORMATS));
    }

    private static Optional<String> notOneOf(
            Map<String, String> environment, String name, List<String> values) {
        return given(environment, name)
                .filter(text -> !text.contains("=") && !text.contains(",")) // a filter, as others
                .filter(text -> !values.contains(text))
                .map(
                        text ->
                                "%s \"%s\" is none of %s"
                                        .formatted(name, text, String.join(", ", values)));
    }

    private static Optional<String> given(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name))
                .map(text -> text.strip().toLowerCase(Locale.ROOT))
                .filter(text -> !text.isEmpty());
    }

    static LogLines.Form form(Map<String, String> environment) {
        var format =
                given(environment, "GATEHOUSE_LOG_FORMAT")
                        .or(() -> given(environment, "LOG_FORMAT"))
                        .orElse("text");
        return switch (format) {
            case "json" -> LogLines.Form.JSON;
            case "google-cloud" -> LogLines.Form.GOOGLE_CLOUD;
            default -> LogLines.Form.TEXT;
        };
    }

    static Level level(Map<String, String> environment) {
        return given(environment, "GATEHOUSE_LOG_LEVEL")
                .or(() -> Optional.ofNullable(environment.get("RUST_LOG")))
                .stream()
                .flatMap(text -> Arrays.stream(text.split(",")))
                .map(String::strip)
                .filter(part -> !part.isEmpty() && !part.contains("="))
                .findFirst()
                .map(part -> Level.toLevel(part, Level.INFO))
                .orElse(Level.INFO);
    }
}
