package dev.gatehouse.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class RelayCommandTest {
    private static final String URL = "--api-url=wss://portal.example.com";
    private static final String V4 = "--public-ip4-addr=203.0.113.1";

    private final StringWriter errors = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "t0ken --api-url=wss://a | no public address: set PUBLIC_IP4_ADDR",
                "t0ken --public-ip4-addr=::1 --api-url=wss://a | PUBLIC_IP4_ADDR is no IPv4",
                "t0ken --public-ip6-addr=host --api-url=wss://a | PUBLIC_IP6_ADDR is no IPv6",
                "--public-ip4-addr=10.0.0.1 --api-url=wss://a | no token: set FIREZONE_TOKEN",
                "t0ken --public-ip4-addr=10.0.0.1 | no portal: set FIREZONE_API_URL",
                "t0ken --public-ip4-addr=10.0.0.1 --api-url=ftp://a | is no portal: write wss",
                "t0ken --public-ip4-addr=10.0.0.1 --api-url=:: | is no portal: write wss",
                "t0ken --public-ip4-addr=10.0.0.1 --api-url=wss://a --ca-file=/none | CA_FILE",
                "t0ken --public-ip4-addr=10.0.0.1 --lowest-port=0 | LOWEST_PORT must be a port",
                "t0ken --public-ip4-addr=10.0.0.1 --highest-port=x | HIGHEST_PORT must be a port",
                "t0ken --public-ip4-addr=10.0.0.1 --lowest-port=9 --highest-port=8 | check",
                "t0ken --public-ip4-addr=10.0.0.1 --allow-peer=10.0.0.0/33 | ALLOW_PEER",
                "t0ken --public-ip4-addr=10.0.0.1 --allow-peer=10.0.0.0/8,lan | not lan",
                "t0ken --public-ip4-addr=10.0.0.1 --api-url=wss://a --rng-seed=-1 | RNG_SEED",
                "t0ken --public-ip4-addr=10.0.0.1 --api-url=wss://a --health-check-addr=8 | HEALTH"
            })
    void aMistakeIsOneLineAndExitCodeTwo(String arguments, String message) {
        assertThat(execute(arguments.split(" "))).isEqualTo(2);

        assertThat(errors.toString()).startsWith("gatehouse relay: ").contains(message);
        assertThat(errors.toString().strip().lines()).hasSize(1);
        assertThat(errors.toString()).doesNotContain("t0ken");
    }

    @Test
    void checkAcceptsGoodSettings() {
        assertThat(execute("t0ken", "a name", V4, URL, "--check")).isZero();
        assertThat(execute("--stamp-secret=s", V4, "--check")).isZero();
        assertThat(
                        execute(
                                "--stamp-secret=s",
                                V4,
                                "--allow-peer=10.0.0.0/8, fd00::/8",
                                "--allow-peer=127.0.0.1",
                                "--check"))
                .isZero();
        assertThat(errors.toString()).isEmpty();
    }

    @Test
    void aTokenMayBeInAFile(@TempDir Path directory) throws Exception {
        var file = Files.writeString(directory.resolve("token"), "  t0ken\n");
        assertThat(execute(V4, URL, "--check", "--firezone-token=" + file)).isZero();

        Files.writeString(file, "\n");
        assertThat(execute(V4, URL, "--check", "--firezone-token=" + file)).isEqualTo(2);
        assertThat(errors.toString()).contains("is empty: put the token there");
    }

    @Test
    void optionsWithoutMeaningHereAreAccepted() {
        assertThat(execute("t0ken", V4, URL, "--check", "--ebpf-offloading=eth0")).isZero();
        assertThat(execute("--telemetry", "t0ken", V4, URL, "--check")).isZero();
        assertThat(execute("t0ken", V4, URL, "--check", "--log-format=json")).isZero();
    }

    @Test
    void sigtermEndsTheProcessWithZero() throws Exception {
        var process = spawn(V4, "--stamp-secret=s");
        try (var output = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
            var lines = new ArrayList<String>();
            String line = output.readLine();
            while (line != null && !line.contains("relay serves UDP port")) {
                lines.add(line);
                line = output.readLine();
            }
            assertThat(line).as("said %s", lines).isNotNull();

            process.destroy();

            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process spawn(String... arguments) throws Exception {
        try (var udp = new DatagramSocket();
                var tcp = new ServerSocket(0)) {
            var command =
                    new ArrayList<>(
                            List.of(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "--enable-native-access=ALL-UNNAMED",
                                    "--sun-misc-unsafe-memory-access=allow",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    RelayMain.class.getName(),
                                    "--listen-port=" + udp.getLocalPort(),
                                    "--health-check-addr=127.0.0.1:" + tcp.getLocalPort()));
            command.addAll(List.of(arguments));
            return new ProcessBuilder(command).redirectErrorStream(true).start();
        }
    }

    private int execute(String... arguments) {
        return new CommandLine(new RelayCommand())
                .setErr(new PrintWriter(errors, true))
                .execute(arguments);
    }
}
