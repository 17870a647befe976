package dev.gatehouse.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Real processes, real signals.
class TerminationTest {
    private static final long LIMIT_S = 60;

    /// What is started: does what its first argument says.
    static final class Victim {
        private Victim() {}

        public static void main(String[] arguments) throws Exception {
            var way = arguments[0];
            var startWait = Duration.ofMillis(way.equals("never-started") ? 50 : 60_000);
            try (var termination = new Termination(startWait)) {
                say("starting");
                System.in.read();
                if (way.equals("fails")) {
                    System.exit(exitCodeAfter(termination));
                }
                if (!way.equals("never-started")) {
                    termination.onSignal(Victim::stop);
                }
                say("started");
                new CountDownLatch(1).await();
            }
        }

        private static int exitCodeAfter(Termination termination) {
            termination.close();
            return 2;
        }

        private static int stop() {
            say("stopped");
            return 0;
        }

        private static void say(String word) {
            System.out.println(word);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void aSignalWhileRunningStopsIt(String signal) throws Exception {
        var process = start("runs");
        try (var out = process.inputReader()) {
            expect(out, "starting");
            proceed(process);
            expect(out, "started");

            send(process, signal);

            expect(out, "stopped");
            assertThat(exitCode(process)).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aSignalWhileStartingWaitsForTheStart() throws Exception {
        var process = start("runs");
        try (var out = process.inputReader()) {
            expect(out, "starting");

            send(process, "TERM");
            proceed(process);

            // "started" and "stopped" come from two threads
            assertThat(out.lines().toList()).contains("stopped");
            assertThat(exitCode(process)).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aStartThatTakesTooLongIsCutShort() throws Exception {
        var process = start("never-started");
        try (var out = process.inputReader()) {
            expect(out, "starting");

            send(process, "TERM");

            assertThat(exitCode(process)).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void anEndOfItsOwnKeepsItsCode() throws Exception {
        var process = start("fails");
        try (var out = process.inputReader()) {
            expect(out, "starting");

            proceed(process);

            assertThat(exitCode(process)).isEqualTo(2);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start(String way) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")),
                        Victim.class.getName(),
                        way)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void expect(BufferedReader out, String word) throws IOException {
        assertThat(out.readLine()).isEqualTo(word);
    }

    private static void proceed(Process process) throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    private static void send(Process process, String signal) throws Exception {
        var kill =
                new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .inheritIO()
                        .start();
        assertThat(kill.waitFor()).isZero();
    }

    private static int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(LIMIT_S, TimeUnit.SECONDS)).as("ended").isTrue();
        return process.exitValue();
    }
}
