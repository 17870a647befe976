package dev.gatehouse.containers.engine;

import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/// Prints what all containers said when a test fails.
public record LogsOfFailures(Supplier<String> logs) implements TestWatcher {
    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        System.out.printf("--- %s%n%s%n", context.getDisplayName(), logs.get());
    }
}
