package dev.gatehouse.transport.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Real processes, real signals.
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
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

    @Test
    void aSignalWhileRunningStopsIt() throws Exception {
        var process = start("runs");
        try (var out = process.inputReader()) {
            expect(out, "starting");
            proceed(process);
            expect(out, "started");

            terminate(process);

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

            terminate(process);
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

            terminate(process);

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

    /// SIGTERM. A shell in the background has its children ignore SIGINT: that is not tried here.
    private static void terminate(Process process) {
        process.toHandle().destroy();
    }

    private static int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(LIMIT_S, TimeUnit.SECONDS)).as("ended").isTrue();
        return process.exitValue();
    }
}
