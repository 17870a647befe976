package dev.gatehouse.systemtests.hostile.site;

import dev.gatehouse.systemtests.site.Sandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// One [HostileSite] for all tests of a JVM, which live on the one thread that is inside it.
public final class SharedSite implements ParameterResolver {
    private static final ExtensionContext.Namespace OURS =
            ExtensionContext.Namespace.create(SharedSite.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Inside.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(OURS)
                .getOrComputeIfAbsent(Inside.class, _ -> new Inside(), Inside.class);
    }

    /// What a test does with the site.
    public interface Body {
        void run(HostileSite site) throws Exception;
    }

    /// The thread in the site's namespaces; its programs end with it.
    public static final class Inside implements AutoCloseable {
        private record Task(Body body, CompletableFuture<Void> done) {}

        private static final Task END = new Task(_ -> {}, new CompletableFuture<>());

        private final LinkedBlockingQueue<Task> tasks = new LinkedBlockingQueue<>();
        private final CompletableFuture<Void> ended = new CompletableFuture<>();

        private Inside() {
            Thread.ofPlatform().name("hostile site").start(this::live);
        }

        private void live() {
            Path folder = null;
            try {
                folder = Files.createTempDirectory("hostile");
                Sandbox.run(folder, Duration.ofDays(1), this::serve);
            } catch (Throwable e) { // a test that is skipped, too
                failAll(e);
            } finally {
                delete(folder);
                ended.complete(null);
            }
        }

        private void serve(Sandbox sandbox) throws Exception {
            var site = HostileSite.start(sandbox);
            for (var task = tasks.take(); task != END; task = tasks.take()) {
                try {
                    task.body().run(site);
                    task.done().complete(null);
                } catch (Throwable e) {
                    task.done().completeExceptionally(e);
                }
            }
        }

        /// The site could not be built.
        private void failAll(Throwable failure) {
            try {
                for (var task = tasks.take(); task != END; task = tasks.take()) {
                    task.done().completeExceptionally(failure);
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        public void run(Body body) throws Exception {
            var task = new Task(body, new CompletableFuture<>());
            tasks.add(task);
            try {
                task.done().get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Exception cause) {
                    throw cause;
                }
                throw (Error) e.getCause();
            }
        }

        @Override
        public void close() {
            tasks.add(END);
            ended.join();
        }

        private static void delete(Path folder) {
            if (folder == null) {
                return;
            }
            try (var files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
