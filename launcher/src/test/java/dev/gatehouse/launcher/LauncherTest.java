package dev.gatehouse.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import ch.qos.logback.classic.Level;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class LauncherTest {
    private static final String INTERNET = "FIREZONE_ACTIVATE_INTERNET_RESOURCE";

    private static UnaryOperator<String> only(String name, String value) {
        return asked -> asked.equals(name) ? value : null;
    }

    /// Compose files write `PORT=${PORT:-}`, and files of variables may have Windows' line ends.
    @ParameterizedTest
    @CsvSource({"'', 52625", "' ', 52625", "'7000\r', 7000", "' 7000 ', 7000"})
    void anEmptyVariableIsNotSetAndBlanksAroundItAreNoPart(String value, int port) {
        var line = Gatehouse.commandLine(only("GATEHOUSE_UDP_PORT", value), "dataplane");

        var dataplane = line.parseArgs("dataplane").subcommand().commandSpec();

        Integer given = dataplane.findOption("--udp-port").getValue();
        assertThat(given).isEqualTo(port);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "relay,LISTEN_PORT,|\"3478\"|,in quotes",
                "relay,FIREZONE_TOKEN,'s3cr3t',in quotes",
                "controlplane,GATEHOUSE_CA_FILE,|'/x'|,in quotes",
                "client,FIREZONE_API_URL,`x`,in quotes",
                "client,GATEHOUSE_CLIENT_SOCKET,|\"/s\"|,in quotes",
                "portal,GATEHOUSE_PORTAL_LISTEN,$LISTEN,a variable",
                "dataplane,GATEHOUSE_SHARDS,${SHARDS},a variable",
                "controlplane,HEALTH_CHECK_ADDR,$(ADDRESS),a variable"
            })
    void whatTheShellWasToTakeAwayIsNamed(String process, String name, String value, String words) {
        var commands = Gatehouse.commandLine(process).getSubcommands();

        var mistake =
                new VariableDefaults(only(name, value))
                        .mistake(commands.get(process).getCommandSpec());

        assertThat(mistake).hasValueSatisfying(line -> assertThat(line).contains(name, words));
        assertThat(mistake.get()).doesNotContain(value);
    }

    @ParameterizedTest
    @CsvSource({"FIREZONE_NAME, \"my gateway\"", "FIREZONE_API_URL, wss://a.example/$x"})
    void whatMayBeMeantIsLeftAlone(String name, String value) {
        var relay = Gatehouse.commandLine("relay").getSubcommands().get("relay");

        assertThat(new VariableDefaults(only(name, value)).mistake(relay.getCommandSpec()))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "GATEHOUSE_LOG_LEVEL, verbose, trace",
        "GATEHOUSE_LOG_FORMAT, xml, json",
        "LOG_FORMAT, pretty, google-cloud"
    })
    void anUnknownLevelOrFormatOfTheLogIsNamed(String name, String value, String known) {
        assertThat(Logging.mistake(Map.of(name, value)))
                .hasValueSatisfying(line -> assertThat(line).contains(name, value, known));
        assertThat(Logging.mistake(Map.of(name, " " + known.toUpperCase(Locale.ROOT)))).isEmpty();
        assertThat(Logging.mistake(Map.of(name, ""))).isEmpty();
        assertThat(Logging.mistake(Map.of("GATEHOUSE_LOG_LEVEL", "info,wire=debug"))).isEmpty();
    }

    @Test
    void everyCommandExplainsItself() {
        for (var name : Gatehouse.commandLine().getSubcommands().keySet()) {
            var out = new StringWriter();
            var line = Gatehouse.commandLine().setOut(new PrintWriter(out));

            assertThat(line.execute(name, "--help")).isZero();
            assertThat(out.toString()).contains("Usage: gatehouse " + name);
        }
    }

    /// Otherwise a flag given twice, as word and as variable, would be off: the parser turns a flag
    /// into the opposite of its default.
    @Test
    void aFlagIsOnWhenItsVariableSaysSoToo() {
        int flags = 0;
        for (var command : Gatehouse.commandLine().getSubcommands().values()) {
            for (var option : command.getCommandSpec().options()) {
                if (option.typeInfo().isBoolean() && option.defaultValue() != null) {
                    assertThat(option.fallbackValue()).as(option.longestName()).isEqualTo("true");
                    flags++;
                }
            }
        }
        assertThat(flags).isGreaterThanOrEqualTo(7);
    }

    /// client.md 1: FIREZONE_ACTIVATE_INTERNET_RESOURCE and the like default to false.
    @ParameterizedTest
    @CsvSource({"'', false", "' ', false", "false, false", "0, false", "1, true", "TRUE, true"})
    void theVariableOfAFlagMayBeEmptyOrANumber(String value, boolean isOn) {
        var line = Gatehouse.commandLine(only(INTERNET, value), "client");

        var client = line.parseArgs("client").subcommand().commandSpec();

        Boolean active = client.findOption("--activate-internet-resource").getValue();
        assertThat(active).isEqualTo(isOn);
    }

    @Test
    void theVariableOfAFlagMustMakeSense() {
        var err = new StringWriter();
        var line =
                Gatehouse.commandLine(only(INTERNET, "maybe"), "client")
                        .setErr(new PrintWriter(err));

        assertThat(line.execute("client", "--check")).isEqualTo(2);
        assertThat(err.toString()).contains("'maybe' is not a boolean");
    }

    @Test
    void aMistakeIsOneLineAndTwo() {
        var err = new StringWriter();
        var line = Gatehouse.commandLine().setErr(new PrintWriter(err));

        int code =
                line.execute("controlplane", "--check", "--token=.t", "--api-url=ftp://x.example");

        assertThat(code).isEqualTo(2);
        assertThat(err.toString().strip().lines()).hasSize(1);
        assertThat(err.toString()).contains("FIREZONE_API_URL");
    }

    @Test
    void namesItsVersion() {
        var out = new StringWriter();

        assertThat(Gatehouse.commandLine().setOut(new PrintWriter(out)).execute("--version"))
                .isZero();
        assertThat(out.toString()).isEqualToIgnoringNewLines("gatehouse 0.1.0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "debug | | DEBUG",
                " | warn | WARN",
                " | wire=trace,info | INFO",
                "error | debug | ERROR",
                " | | INFO"
            })
    void theLevelComesFromTheEnvironment(String own, String rust, String level) {
        var environment = new java.util.TreeMap<String, String>();
        if (own != null) {
            environment.put("GATEHOUSE_LOG_LEVEL", own);
        }
        if (rust != null) {
            environment.put("RUST_LOG", rust);
        }

        assertThat(Logging.level(environment)).isEqualTo(Level.toLevel(level));
    }

    @Test
    void theFirstRestartIsAtOnceAndLaterOnesWait() {
        var delay = new RestartDelay();
        long briefNs = Duration.ofSeconds(1).toNanos();

        assertThat(delay.nextMs(briefNs)).isZero();
        assertThat(delay.nextMs(briefNs)).isEqualTo(200);
        assertThat(delay.nextMs(briefNs)).isEqualTo(400);
        for (int i = 0; i < 10; i++) {
            delay.nextMs(briefNs);
        }
        assertThat(delay.nextMs(briefNs)).isEqualTo(5_000);
        assertThat(delay.nextMs(Duration.ofMinutes(2).toNanos())).isZero();
    }

    @Test
    void childrenRunTheSameJavaWithTheSameFlags() {
        var command =
                new ChildCommand(
                        "/j/bin/java",
                        "a:b",
                        List.of("setpriv", "--"),
                        List.of("--add-modules=jdk.incubator.vector", "-XX:+UseSerialGC"));

        assertThat(command.withVectorModule(false).of("controlplane"))
                .containsExactly(
                        "setpriv",
                        "--",
                        "/j/bin/java",
                        "-XX:+UseSerialGC",
                        "-cp",
                        "a:b",
                        "dev.gatehouse.launcher.Gatehouse",
                        "controlplane");
    }

    @Test
    void onlyTheDataPlaneGetsTheVectorModule() {
        var command = new ChildCommand("java", "a", List.of(), List.of("-XX:+UseSerialGC"));

        assertThat(command.withVectorModule(true).of("dataplane"))
                .startsWith("java", "--add-modules=jdk.incubator.vector", "-XX:+UseSerialGC");
    }

    @Test
    void eachChildHasAStartUpCacheOfItsOwn(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("dataplane.aot"), "");
        var own = "-XX:AOTCache=" + folder.resolve("gateway.aot");
        var command = new ChildCommand("java", "a", List.of(), List.of(own));

        assertThat(command.of("dataplane"))
                .contains("-XX:AOTCache=" + folder.resolve("dataplane.aot"));
        assertThat(command.of("controlplane")).noneMatch(flag -> flag.startsWith("-XX:AOTCache"));

        var recording = List.of("-XX:AOTMode=record", "-XX:AOTConfiguration=/x/gateway.aotconf");
        assertThat(new ChildCommand("java", "a", List.of(), recording).of("dataplane"))
                .contains("-XX:AOTMode=record", "-XX:AOTConfiguration=/x/dataplane.aotconf");

        var listing = List.of("-XX:DumpLoadedClassList=/x/gateway.classes", "-Xms32m");
        assertThat(new ChildCommand("java", "a", List.of(), listing).of("dataplane"))
                .contains("-Xms32m")
                .noneMatch(flag -> flag.contains("gateway.classes"));
    }

    /// portal-channel.md 9.2: a portal that moved, or a network that comes up late, is found with
    /// the next attempt.
    @Test
    void noLookUpIsRemembered() {
        Gatehouse.resolveAnew();

        assertThat(Security.getProperty("networkaddress.cache.ttl")).isEqualTo("0");
        assertThat(Security.getProperty("networkaddress.cache.negative.ttl")).isEqualTo("0");
    }

    /// portal-channel.md 1.3 and 1.8: token as a word, -i/--firezone-id.
    @Test
    void theWordsOfAGatewayAreVariablesOfItsProcesses() {
        var options = new GatewayOptions();

        new CommandLine(options).parseArgs(".t", "-i", "edge-1", "--api-url=wss://p.example");

        assertThat(options.environment())
                .containsOnly(
                        entry("FIREZONE_TOKEN", ".t"),
                        entry("FIREZONE_ID", "edge-1"),
                        entry("FIREZONE_API_URL", "wss://p.example"));
    }

    @Test
    void aStartReadsTheOptionsOfItsOwnProcessOnly() {
        assertThat(Gatehouse.commandLine("relay", "--help").getSubcommands())
                .containsOnlyKeys("relay");
        assertThat(Gatehouse.commandLine("rely").getSubcommands()).hasSize(8);
    }

    @Test
    void aChildThatEndsIsStartedAgainUntilItSaysThatThisIsHopeless() throws Exception {
        var directory = SocketDirectory.create();
        var marks = directory.path().resolve("marks");
        var script =
                "echo x >> %s; [ $(wc -l < %s) -ge 2 ] && exit 77; exit 1".formatted(marks, marks);
        var child = new Supervisor.Child("child", List.of("sh", "-c", script), Map.of(77, 1));

        int code = new Supervisor(List.of(child), Map.of()).run();

        assertThat(code).isEqualTo(1);
        assertThat(marks).hasContent("x\nx");
        directory.close();
        assertThat(directory.path()).doesNotExist();
    }

    @Test
    void theFolderOfASupervisorThatWasKilledGoesWithTheNextStart(@TempDir Path base)
            throws Exception {
        var abandoned = Files.createDirectory(base.resolve("gateway-1"));
        Files.createFile(abandoned.resolve("lock"));
        var beginning = Files.createDirectory(base.resolve("gateway-2"));
        var other = Files.createDirectory(base.resolve("else"));

        try (var mine = SocketDirectory.createIn(base)) {
            assertThat(mine.path()).exists();
            assertThat(abandoned).doesNotExist();
            assertThat(beginning).exists();
            assertThat(other).exists();
        }
    }

    @Test
    void stopEndsAllChildren() throws Exception {
        var children =
                List.of(
                        new Supervisor.Child("a", List.of("sleep", "1000"), Map.of()),
                        new Supervisor.Child("b", List.of("sleep", "1000"), Map.of()));
        var supervisor = new Supervisor(children, Map.of());
        supervisor.stop();

        assertThat(supervisor.run()).isZero();
        assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0:8080, 127.0.0.1:8080",
        "[::]:8080, [::1]:8080",
        "10.0.0.1:8080, 10.0.0.1:8080"
    })
    void wildcardAddressesAreAskedOnLoopback(String listening, String asked) {
        assertThat(HealthCommand.reachable(listening)).isEqualTo(asked);
    }
}
