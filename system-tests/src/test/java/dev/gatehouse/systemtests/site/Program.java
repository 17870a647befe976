package dev.gatehouse.systemtests.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A started program; what it prints goes to files.
public final class Program implements AutoCloseable {
    public static final Path ROOT =
            Path.of(System.getenv().getOrDefault("GATEHOUSE_ROOT", "..")).toAbsolutePath();

    private static final long END_LIMIT_S = 60; // a machine that is busy otherwise
    private static final long LINE_LIMIT_S = 60;
    private static final long LOOK_EVERY_MS = 20;

    private final Process process;
    private final Path out;
    private final Path err;

    private Program(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /// What to start: a command and what its environment has; nothing of ours is handed on but
    /// `PATH`.
    public record Spec(List<String> command, Map<String, String> environment) {
        private static final String COMPILED_LITTLE = "-XX:TieredStopAtLevel=1";

        public static Spec of(String... command) {
            return new Spec(List.of(command), Map.of());
        }

        /// `gatehouse` with arguments, the way `run` starts it, but not compiled as well.
        public static Spec gatehouse(String... arguments) {
            var target = ROOT.resolve("launcher/target");
            var command = new ArrayList<String>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.add("@" + ROOT.resolve("config/jvm.args"));
            command.add(COMPILED_LITTLE);
            command.addAll(List.of("-cp", launcher(target) + ":" + target.resolve("lib") + "/*"));
            command.add("dev.gatehouse.launcher.Gatehouse");
            command.addAll(List.of(arguments));
            return new Spec(List.copyOf(command), Map.of());
        }

        /// Compiled as well as `run` has it, for what is measured.
        public Spec asShipped() {
            var shipped = command.stream().filter(word -> !word.equals(COMPILED_LITTLE)).toList();
            return new Spec(shipped, environment);
        }

        private static Path launcher(Path target) {
            try (var jars = Files.newDirectoryStream(target, "launcher-*.jar")) {
                return jars.iterator().next();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        public Spec with(String name, String value) {
            var more = new LinkedHashMap<>(environment);
            more.put(name, value);
            return new Spec(command, more);
        }

        public Spec with(Map<String, String> variables) {
            var more = new LinkedHashMap<>(environment);
            more.putAll(variables);
            return new Spec(command, more);
        }

        /// Still root by name, but with no right that root has over others.
        public Spec withoutCapabilities() {
            return after(
                    "setpriv",
                    "--no-new-privs",
                    "--bounding-set=-all",
                    "--inh-caps=-all",
                    "--ambient-caps=-all",
                    "--");
        }

        public Spec after(String... prefix) {
            var longer = new ArrayList<>(List.of(prefix));
            longer.addAll(command);
            return new Spec(List.copyOf(longer), environment);
        }
    }

    public static Program start(Path folder, Spec spec) throws IOException {
        var out = Files.createTempFile(folder, "out", ".txt");
        var err = Files.createTempFile(folder, "err", ".txt");
        var builder = new ProcessBuilder(spec.command());
        var environment = builder.environment();
        environment.keySet().retainAll(List.of("PATH"));
        environment.putAll(spec.environment());
        builder.redirectOutput(out.toFile()).redirectError(err.toFile());
        var process = builder.start();
        process.getOutputStream().close();
        return new Program(process, out, err);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /// Waits for the end and returns the exit code.
    public int await() throws IOException, InterruptedException {
        return await(END_LIMIT_S);
    }

    public int await(long seconds) throws IOException, InterruptedException {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            fail("still running after %d s, said:%n%s%n%s", seconds, out(), err());
        }
        return process.exitValue();
    }

    /// Waits until the program has printed `text`, on either stream.
    public Program awaitText(String text) throws IOException, InterruptedException {
        long untilNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(LINE_LIMIT_S);
        while (!(out() + err()).contains(text)) {
            assertThat(process.isAlive()).as("%s in %s%s", text, out(), err()).isTrue();
            assertThat(System.nanoTime()).as("%s in %s%s", text, out(), err()).isLessThan(untilNs);
            process.waitFor(LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
        }
        return this;
    }

    public void terminate() {
        process.destroy();
    }

    public String out() throws IOException {
        return Files.readString(out);
    }

    public String err() throws IOException {
        return Files.readString(err);
    }

    @Override
    public void close() {
        var children = process.descendants().toList();
        process.destroyForcibly().onExit().join();
        children.forEach(ProcessHandle::destroyForcibly);
    }
}
