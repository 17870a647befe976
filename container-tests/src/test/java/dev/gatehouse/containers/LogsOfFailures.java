package dev.gatehouse.containers;

import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/// Prints what all containers of a site said when a test fails.
record LogsOfFailures(Supplier<Site> site) implements TestWatcher {
    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        var failed = site.get();
        if (failed != null) {
            System.out.printf("--- %s%n%s%n", context.getDisplayName(), failed.logs());
        }
    }
}
