package dev.gatehouse.systemtests.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// What a person gets wrong is told in one line on stderr, without secrets, and ends with 2.
@Tag("netns")
@Execution(ExecutionMode.CONCURRENT)
class MistakesIT {
    private static final int MISTAKE = 2;
    private static final String SECRET = "s3cr3t-t0ken";
    private static final Map<String, String> PEER =
            Map.of(
                    "FIREZONE_TOKEN", SECRET,
                    "FIREZONE_ID", "test",
                    "FIREZONE_API_URL", "ws://127.0.0.1:9",
                    "PUBLIC_IP4_ADDR", "192.0.2.1");

    /// The JVM says this of itself.
    private static final String INCUBATOR = "WARNING: Using incubator modules";

    @TempDir private Path folder;

    /// A mistake and the words that must be in the line.
    private record Case(String process, Map<String, String> environment, String... words) {
        @Override
        public String toString() {
            return process + " " + environment;
        }
    }

    private static Case wrong(String process, String variable, String value, String... words) {
        return new Case(process, Map.of(variable, value), words);
    }

    static final List<Case> SETTINGS =
            List.of(
                    wrong("relay", "FIREZONE_TOKEN", "", "no token", "FIREZONE_TOKEN"),
                    wrong("relay", "FIREZONE_TOKEN", SECRET + " x", "FIREZONE_TOKEN", "spaces"),
                    wrong("relay", "FIREZONE_TOKEN", "/no/file", "/no/file", "missing"),
                    wrong("relay", "FIREZONE_TOKEN", "/etc", "/etc", "folder"),
                    wrong(
                            "relay",
                            "FIREZONE_TOKEN",
                            "'" + SECRET + "'",
                            "FIREZONE_TOKEN",
                            "quotes"),
                    wrong("relay", "STAMP_SECRET", "/no/file", "STAMP_SECRET", "missing"),
                    wrong("relay", "PUBLIC_IP4_ADDR", "0.0.0.0", "PUBLIC_IP4_ADDR", "reach"),
                    wrong("relay", "LISTEN_PORT", "\"3478\"", "LISTEN_PORT", "quotes"),
                    wrong("relay", "LOG_FORMAT", "pretty", "LOG_FORMAT", "json"),
                    wrong("relay", "FIREZONE_API_URL", "foo", "FIREZONE_API_URL", "wss://"),
                    wrong("relay", "FIREZONE_API_URL", "ws://[x", "FIREZONE_API_URL", "wss://"),
                    wrong("relay", "PUBLIC_IP4_ADDR", "", "PUBLIC_IP4_ADDR", "PUBLIC_IP6_ADDR"),
                    wrong("relay", "PUBLIC_IP4_ADDR", "::1", "PUBLIC_IP4_ADDR", "IPv4"),
                    wrong("relay", "LISTEN_PORT", "abc", "LISTEN_PORT", "1 to 65535"),
                    wrong("relay", "HIGHEST_PORT", "70000", "HIGHEST_PORT", "1 to 65535"),
                    wrong("relay", "HIGHEST_PORT", "1000", "LOWEST_PORT", "HIGHEST_PORT"),
                    wrong("relay", "HEALTH_CHECK_ADDR", "foo", "HEALTH_CHECK_ADDR", ":8080"),
                    wrong("relay", "RNG_SEED", "x", "RNG_SEED", "number"),
                    wrong("relay", "GATEHOUSE_DRAIN", "soon", "GATEHOUSE_DRAIN", "90s"),
                    wrong("relay", "BIND_IP4_ADDR", "192.0.2.1", "192.0.2.1", "BIND_IP4_ADDR"),
                    wrong("controlplane", "FIREZONE_TOKEN", "", "no token", "FIREZONE_TOKEN"),
                    wrong("controlplane", "FIREZONE_TOKEN", "a\nb", "FIREZONE_TOKEN", "spaces"),
                    wrong("controlplane", "FIREZONE_TOKEN", "/no/file", "/no/file", "missing"),
                    wrong("controlplane", "FIREZONE_TOKEN", "/etc", "/etc", "folder"),
                    wrong(
                            "controlplane",
                            "FIREZONE_TOKEN",
                            "${TOKEN}",
                            "FIREZONE_TOKEN",
                            "variable"),
                    wrong("controlplane", "GATEHOUSE_LOG_LEVEL", "loud", "GATEHOUSE_LOG_LEVEL"),
                    wrong("controlplane", "FIREZONE_API_URL", "wss://a b", "FIREZONE_API_URL"),
                    wrong("controlplane", "HEALTH_CHECK_ADDR", "foo", "HEALTH_CHECK_ADDR"),
                    wrong("controlplane", "HEALTH_CHECK_ADDR", "[::]:99999", "HEALTH_CHECK_ADDR"),
                    wrong("controlplane", "FIREZONE_MAX_PARTITION_TIME", "soon", "90s"),
                    wrong("controlplane", "FIREZONE_MAX_PARTITION_TIME", "9999999999s", "90s"),
                    wrong("controlplane", "GATEHOUSE_CA_FILE", "/none", "GATEHOUSE_CA_FILE"),
                    wrong("controlplane", "GATEHOUSE_CA_FILE", "/etc/passwd", "PEM"),
                    wrong("dataplane", "GATEHOUSE_RPC_SOCKET", "here", "GATEHOUSE_RPC_SOCKET"),
                    wrong("dataplane", "GATEHOUSE_RPC_SOCKET", "/tmp/s", "/tmp", "0700"),
                    wrong("dataplane", "GATEHOUSE_RPC_SOCKET", "/proc/x/s", "/proc/x/s"),
                    wrong("dataplane", "GATEHOUSE_TUN_NAME", "much-too-long-name", "1 to 15"),
                    wrong("dataplane", "GATEHOUSE_SHARDS", "many", "GATEHOUSE_SHARDS", "1 to 64"),
                    wrong("dataplane", "GATEHOUSE_SHARDS", "0", "GATEHOUSE_SHARDS", "1 to 64"),
                    wrong("dataplane", "GATEHOUSE_SHARDS", "65", "GATEHOUSE_SHARDS", "1 to 64"),
                    wrong("gateway", "GATEHOUSE_SHARDS", "two", "GATEHOUSE_SHARDS", "1 to 64"),
                    wrong("dataplane", "GATEHOUSE_UDP_PORT", "abc", "--udp-port", "abc"),
                    wrong("dataplane", "GATEHOUSE_UDP_PORT", "70000", "GATEHOUSE_UDP_PORT"),
                    wrong("dataplane", "GATEHOUSE_DATAPLANE_HTTP", "x", "GATEHOUSE_DATAPLANE_HTTP"),
                    wrong("dataplane", "GATEHOUSE_AEAD", "rot13", "rot13", "libcrypto"),
                    wrong("dataplane", "GATEHOUSE_OFFLOAD", "on", "GATEHOUSE_OFFLOAD", "auto"),
                    wrong("dataplane", "FIREZONE_UDP_SEND_BUFFER_SIZE", "1", "65536"),
                    wrong("client", "FIREZONE_TOKEN", "", "no token", "FIREZONE_TOKEN"),
                    wrong("client", "FIREZONE_TOKEN", "a b", "FIREZONE_TOKEN", "spaces"),
                    wrong("client", "FIREZONE_TOKEN", "/no/file", "/no/file", "missing"),
                    wrong("client", "FIREZONE_TOKEN", "/etc", "/etc", "folder"),
                    wrong(
                            "client",
                            "FIREZONE_TOKEN",
                            "\"" + SECRET + "\"",
                            "FIREZONE_TOKEN",
                            "quotes"),
                    wrong("client", "FIREZONE_TOKEN", "$TOKEN", "FIREZONE_TOKEN", "variable"),
                    wrong("client", "FIREZONE_TOKEN", "TOKEN=" + SECRET, "FIREZONE_TOKEN", "only"),
                    wrong("client", "FIREZONE_API_URL", "foo", "FIREZONE_API_URL", "wss://"),
                    wrong("client", "FIREZONE_DNS_CONTROL", "x", "FIREZONE_DNS_CONTROL"),
                    wrong("client", "MAX_PARTITION_TIME", "soon", "MAX_PARTITION_TIME", "90s"),
                    wrong("client", "FIREZONE_UDP_RECV_BUFFER_SIZE", "x", "--udp-recv-buffer"),
                    wrong("client", "GATEHOUSE_AEAD", "rot13", "rot13", "libcrypto"),
                    wrong("client", "GATEHOUSE_OFFLOAD", "no", "GATEHOUSE_OFFLOAD", "auto"),
                    wrong("client", "GATEHOUSE_CA_FILE", "/none", "GATEHOUSE_CA_FILE"),
                    wrong("gateway", "FIREZONE_TOKEN", "", "no token", "FIREZONE_TOKEN"),
                    wrong("gateway", "GATEHOUSE_UDP_PORT", "abc", "--udp-port", "abc"),
                    wrong("portal", "GATEHOUSE_PORTAL_CONFIG", "/none", "/none", "portal init"),
                    wrong("portal", "GATEHOUSE_PORTAL_LISTEN", "foo", "--listen", "foo"),
                    wrong("portal", "GATEHOUSE_PORTAL_API_LISTEN", "0.0.0.0:x", "--api-listen"),
                    wrong("portal", "GATEHOUSE_PORTAL_MAX_CONNECTIONS", "x", "--max-connections"),
                    wrong("portal", "GATEHOUSE_PORTAL_LISTEN", "'0.0.0.0:8083'", "quotes"),
                    new Case(
                            "portal",
                            Map.of(
                                    "GATEHOUSE_PORTAL_TLS_CERT",
                                    "/etc/passwd",
                                    "GATEHOUSE_PORTAL_TLS_KEY",
                                    "/etc/passwd"),
                            "--tls-cert: /etc/passwd",
                            "no PEM certificate"),
                    wrong("portal", "GATEHOUSE_PORTAL_TLS_CERT", "/none", "--tls-key", "both"),
                    wrong("portal", "GATEHOUSE_PORTAL_TRUSTED_PROXIES", "x", "--trusted-proxies"),
                    wrong("portal", "GATEHOUSE_PORTAL_PROXY_HOPS", "0", "--proxy-hops", "in a row"),
                    wrong("portal", "GATEHOUSE_PORTAL_PROXY_PLACES", "x", "--proxy-places"),
                    wrong("portal", "GATEHOUSE_PORTAL_MAX_DEVICES", "0", "--max-devices", "least"),
                    wrong("portal", "GATEHOUSE_PORTAL_DEVICE_EXPIRY_DAYS", "-1", "expiry-days"));

    static final List<String> PROCESSES =
            List.of("portal", "relay", "gateway", "dataplane", "controlplane", "client");

    @ParameterizedTest
    @FieldSource("SETTINGS")
    void aWrongSettingIsToldInOneLine(Case wrong) throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var spec = peer(sandbox, wrong.process).with(wrong.environment);
                    fails(sandbox, spec, wrong.words);
                });
    }

    @ParameterizedTest
    @FieldSource("PROCESSES")
    void anUnknownOptionIsToldInOneLine(String process) throws Exception {
        Sandbox.run(
                folder,
                sandbox ->
                        fails(
                                sandbox,
                                Spec.gatehouse(process, "--bogus"),
                                "gatehouse " + process + ": Unknown option: '--bogus'",
                                "--help"));
    }

    @Test
    void anUnknownProcessIsToldInOneLine() throws Exception {
        Sandbox.run(folder, sandbox -> fails(sandbox, Spec.gatehouse("bogus"), "bogus", "--help"));
    }

    @ParameterizedTest
    @FieldSource("TUN_PROCESSES")
    void withoutTheTunDeviceItSaysSo(String process) throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    sandbox.exec("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", "/dev/net");
                    fails(sandbox, peer(sandbox, process), "/dev/net/tun", "load the tun module");
                });
    }

    static final List<String> TUN_PROCESSES = List.of("dataplane", "client", "gateway");

    @ParameterizedTest
    @FieldSource("TUN_PROCESSES")
    void withoutTheRightToTheNetworkItSaysSo(String process) throws Exception {
        Sandbox.run(
                folder,
                sandbox ->
                        fails(
                                sandbox,
                                peer(sandbox, process).withoutCapabilities(),
                                "CAP_NET_ADMIN",
                                "root"));
    }

    @ParameterizedTest
    @FieldSource("TOKEN_PROCESSES")
    void anUnreadableTokenFileIsNamed(String process) throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var file = secretFile(sandbox, "---------");
                    fails(
                            sandbox,
                            peer(sandbox, process)
                                    .with("FIREZONE_TOKEN", file)
                                    .withoutCapabilities(),
                            "cannot read " + file,
                            "owner and mode");
                });
    }

    static final List<String> TOKEN_PROCESSES = List.of("relay", "controlplane", "client");

    @ParameterizedTest
    @FieldSource("TOKEN_PROCESSES")
    void aTokenFileThatEveryoneCanReadIsWarnedOf(String process) throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var file = secretFile(sandbox, "rw-r--r--");
                    var program =
                            sandbox.start(
                                    peer(sandbox, process, "--check").with("FIREZONE_TOKEN", file));
                    assertThat(program.await()).as(program.err()).isZero();
                    assertThat(lines(program))
                            .singleElement()
                            .asString()
                            .contains("WARN", "chmod o-r " + file);
                });
    }

    @Test
    void aClientsTokenFileMustBePrivate() throws Exception {
        Sandbox.run(
                folder,
                sandbox ->
                        fails(
                                sandbox,
                                peer(sandbox, "client")
                                        .with("FIREZONE_TOKEN", "")
                                        .with(
                                                "FIREZONE_TOKEN_PATH",
                                                secretFile(sandbox, "rw-r-----")),
                                "others can read the token",
                                "chmod 0600"));
    }

    @Test
    void anIdFileOfAGatewayHoldsAnIdOrNothing() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var file = sandbox.file("id", "{\"name\": \"x\"}\n").toString();
                    var gateway = peer(sandbox, "controlplane").with("FIREZONE_ID", "");
                    fails(sandbox, gateway.with("GATEHOUSE_ID_FILE", file), file, "holds no id");
                    fails(sandbox, gateway.with("GATEHOUSE_ID_FILE", "/etc"), "/etc", "folder");
                    assertThat(Files.readString(Path.of(file))).contains("name");
                });
    }

    @Test
    void takenPortsAreNamed() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    try (var _ = new DatagramSocket(3478)) {
                        fails(sandbox, peer(sandbox, "relay"), "3478 is taken", "LISTEN_PORT");
                    }
                    try (var _ = new ServerSocket(8080)) {
                        fails(sandbox, peer(sandbox, "gateway"), ":8080", "HEALTH_CHECK_ADDR");
                    }
                    try (var _ = new ServerSocket(8080)) {
                        fails(sandbox, peer(sandbox, "relay"), ":8080", "HEALTH_CHECK_ADDR");
                        fails(sandbox, peer(sandbox, "controlplane"), ":8080", "HEALTH_CHECK_ADDR");
                    }
                });
    }

    @Test
    void thePortalNamesTheLineOfAMistake() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var good = Files.readString(portalFile(sandbox));
                    var file = sandbox.file("bad.yaml", good + "nonsense: true\n").toString();
                    long line = good.lines().count() + 1;
                    fails(sandbox, portal(file), file + ":" + line + ":1: ", "nonsense");

                    sandbox.file("bad.yaml", "account: {slug: home\nsites: [\n");
                    fails(sandbox, portal(file), file + ":2:", "not valid YAML");

                    Files.write(
                            Path.of(file),
                            "account:\n  \u00e9".getBytes(StandardCharsets.ISO_8859_1));
                    fails(sandbox, portal(file), file + ":2:1: ", "UTF-8");

                    sandbox.file("bad.yaml", "");
                    fails(sandbox, portal(file), file + ":1:1: ", "portal init");
                });
    }

    @Test
    void thePortalNamesWhatItCannotReadOrWrite() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var file = portalFile(sandbox).toString();
                    sandbox.exec("mkdir", "-m", "0500", "/run/data");
                    fails(
                            sandbox,
                            portal(file)
                                    .with("GATEHOUSE_PORTAL_DATA_DIR", "/run/data")
                                    .withoutCapabilities(),
                            "/run/data",
                            "permission denied",
                            "--data-dir");
                    sandbox.exec("chmod", "000", file);
                    fails(
                            sandbox,
                            portal(file).withoutCapabilities(),
                            "cannot read " + file,
                            "owner and mode");
                    fails(sandbox, Spec.gatehouse("portal", "init", "--config", file), "exists");
                    fails(
                            sandbox,
                            Spec.gatehouse("portal", "init", "--config", "/none/portal.yaml"),
                            "/none/portal.yaml");
                });
    }

    private static Spec peer(Sandbox sandbox, String process, String... arguments)
            throws Exception {
        var all = Stream.concat(Stream.of(process), Stream.of(arguments)).toArray(String[]::new);
        return switch (process) {
            case "portal" ->
                    Spec.gatehouse(all)
                            .with("GATEHOUSE_PORTAL_CONFIG", portalFile(sandbox).toString())
                            .with("GATEHOUSE_PORTAL_DATA_DIR", "/run/portal-data");
            default -> Spec.gatehouse(all).with(PEER);
        };
    }

    private static Spec portal(String file) {
        return Spec.gatehouse("portal", "--config", file)
                .with("GATEHOUSE_PORTAL_DATA_DIR", "/run/portal-data");
    }

    /// The shortest file that is right.
    private static Path portalFile(Sandbox sandbox) throws Exception {
        return sandbox.file("portal.yaml", "account:\n  slug: home\nsites:\n  - name: HQ\n");
    }

    private static String secretFile(Sandbox sandbox, String mode) throws Exception {
        var file = sandbox.file("token", SECRET + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file.toString();
    }

    private static void fails(Sandbox sandbox, Spec spec, String... words) throws Exception {
        var program = sandbox.start(spec);

        int code = program.await();

        var lines = lines(program);
        assertThat(lines).as("stderr of %s", spec.environment()).hasSize(1);
        assertThat(lines.getFirst()).contains(words).startsWith("gatehouse").doesNotContain(SECRET);
        assertThat(code).isEqualTo(MISTAKE);
        assertThat(program.out()).isEmpty();
    }

    /// What the supervisor of a gateway says at INFO is no complaint.
    private static List<String> lines(Program program) throws Exception {
        return program.err()
                .lines()
                .filter(line -> !line.startsWith(INCUBATOR) && !line.contains(" INFO "))
                .collect(Collectors.toList());
    }
}
