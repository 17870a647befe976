package dev.gatehouse.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import java.util.ArrayList;
import java.util.Optional;

/// Says in one line why something failed: a message without its cause helps nobody.
final class Causes {
    private static final int DEPTH_MAX = 5;

    private Causes() {}

    /// What an event says, with the failure that it carries and what caused that, in one line:
    /// `client-0 failed: IOException: no such device`.
    static String sentence(ILoggingEvent event) {
        var text = event.getFormattedMessage();
        return oneLine(chain(event).map(causes -> text + ": " + causes).orElse(text));
    }

    /// The failure that an event carries; empty if it carries none.
    static Optional<String> chain(ILoggingEvent event) {
        var parts = new ArrayList<String>();
        var failure = event.getThrowableProxy();
        while (failure != null && parts.size() < DEPTH_MAX) {
            parts.add(text(failure));
            failure = failure.getCause();
        }
        return parts.isEmpty()
                ? Optional.empty()
                : Optional.of(oneLine(String.join(", caused by ", parts)));
    }

    private static String text(IThrowableProxy failure) {
        var name = failure.getClassName().replaceFirst(".*[.$]", "");
        return failure.getMessage() == null ? name : name + ": " + failure.getMessage();
    }

    /// Whoever reads lines must be able to trust that one is one, whatever a peer has sent.
    private static String oneLine(String text) {
        return text.strip().replaceAll("\\R+", " ");
    }

    /// Whether it takes a stack trace to understand: what is our own fault, or anything when
    /// details are asked for.
    static boolean needsTrace(ILoggingEvent event, boolean isDetailed) {
        var failure = event.getThrowableProxy();
        return failure != null
                && (isDetailed || event.getLevel() == Level.ERROR && isUnchecked(failure));
    }

    private static boolean isUnchecked(IThrowableProxy failure) {
        return failure instanceof ch.qos.logback.classic.spi.ThrowableProxy known
                && (known.getThrowable() instanceof RuntimeException
                        || known.getThrowable() instanceof Error);
    }
}
