package dev.gatehouse.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
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
    private static final String PATTERN = "%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n%nopex";

    /// They warn of what is no fault here: a machine without nameserver or hardware address.
    private static final List<String> MISLEADING =
            List.of(
                    "io.netty.resolver.dns.DefaultDnsServerAddressStreamProvider",
                    "io.netty.util.internal.MacAddressUtil");

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        var environment = System.getenv();
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(encoder(context, environment));
        appender.start();
        var root = context.getLogger("ROOT");
        var level = level(environment);
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

    private static Encoder<ILoggingEvent> encoder(
            LoggerContext context, Map<String, String> environment) {
        if (isJson(environment)) {
            var json = new JsonEncoder();
            json.setContext(context);
            json.start();
            return json;
        }
        var text = new PatternLayoutEncoder();
        text.setContext(context);
        text.setPattern(PATTERN);
        text.start();
        return text;
    }

    static boolean isJson(Map<String, String> environment) {
        var format = environment.getOrDefault("LOG_FORMAT", "human");
        return List.of("json", "google-cloud")
                .contains(
                        environment
                                .getOrDefault("GATEHOUSE_LOG_FORMAT", format)
                                .toLowerCase(Locale.ROOT));
    }

    static Level level(Map<String, String> environment) {
        return Optional.ofNullable(environment.get("GATEHOUSE_LOG_LEVEL"))
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
