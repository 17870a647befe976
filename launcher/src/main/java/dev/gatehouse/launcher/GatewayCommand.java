package dev.gatehouse.launcher;

import dev.gatehouse.controlplane.ControlplaneCommand;
import dev.gatehouse.dataplane.host.HostTraces;
import dev.gatehouse.dataplane.host.TunNames;
import dev.gatehouse.transport.process.Termination;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// A whole gateway: supervises its two processes. Packets of clients never leave another way while
/// it lives, whatever becomes of the data plane.
@Command(
        name = "gateway",
        mixinStandardHelpOptions = true,
        description = {
            "Run a gateway: data plane and control plane, each in a process of its own, started"
                    + " again when it ends.",
            "More settings come from the environment: see 'dataplane --help' and 'controlplane"
                    + " --help'."
        })
final class GatewayCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayCommand.class);

    private static final int FAILED = 1;
    private static final int MISCONFIGURED = 2;
    private static final long STOP_LIMIT_S = 10;
    private static final List<String> END_WITH_PARENT =
            List.of("setpriv", "--pdeathsig", "TERM", "--");
    private static final List<String> WITHOUT_CAPABILITIES =
            List.of(
                    "setpriv",
                    "--pdeathsig",
                    "TERM",
                    "--no-new-privs",
                    "--bounding-set=-all",
                    "--inh-caps=-all",
                    "--ambient-caps=-all",
                    "--");
    private static final List<String> WITHOUT_NEW_PRIVILEGES =
            List.of("setpriv", "--pdeathsig", "TERM", "--no-new-privs", "--inh-caps=-all", "--");

    @Spec private CommandSpec spec;

    @Mixin private GatewayOptions settings;

    @Option(
            names = "--rpc-socket",
            paramLabel = "<path>",
            defaultValue = "${env:GATEHOUSE_RPC_SOCKET:-}",
            description = "Socket between the processes; otherwise one in a private folder.")
    private String rpcSocket;

    @Option(
            names = "--dataplane-java-options",
            paramLabel = "<option>",
            defaultValue = "${env:GATEHOUSE_DATAPLANE_JAVA_OPTIONS:-}",
            split = " ",
            description = "More JVM options for the data plane.")
    private List<String> dataplaneOptions;

    @Option(
            names = "--controlplane-java-options",
            paramLabel = "<option>",
            defaultValue = "${env:GATEHOUSE_CONTROLPLANE_JAVA_OPTIONS:-}",
            split = " ",
            description = "More JVM options for the control plane.")
    private List<String> controlplaneOptions;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var occupied = TunNames.occupied();
        if (occupied.isPresent()) {
            spec.commandLine().getErr().println("gatehouse gateway: " + occupied.get());
            return MISCONFIGURED;
        }
        var ended = new CountDownLatch(1);
        try (var termination = Termination.install()) {
            if (!rpcSocket.isBlank()) {
                return supervise(rpcSocket, termination, ended);
            }
            try (var folder = SocketDirectory.create()) {
                var socket = folder.path().resolve("dataplane.sock").toString();
                return supervise(socket, termination, ended);
            }
        } finally {
            ended.countDown();
        }
    }

    private int supervise(String socket, Termination termination, CountDownLatch ended)
            throws InterruptedException {
        var environment = settings.environment();
        environment.put("GATEHOUSE_RPC_SOCKET", socket);
        environment.put(ControlplaneCommand.SUPERVISED, "1");
        var supervisor = new Supervisor(List.of(controlplane(), dataplane()), environment);
        termination.onSignal(() -> stop(supervisor, ended));
        try {
            return supervisor.run();
        } finally {
            removeTraces();
        }
    }

    /// Returns the exit code: a stop is a good end.
    private static int stop(Supervisor supervisor, CountDownLatch ended) {
        supervisor.stop();
        try {
            if (!ended.await(STOP_LIMIT_S, TimeUnit.SECONDS)) {
                LOG.warn("the processes did not end in time");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    private Supervisor.Child dataplane() {
        var command = childOf(ownJava()).withVectorModule(true).plus(options(dataplaneOptions));
        return new Supervisor.Child(
                "data plane",
                command.withPrefix(usable(END_WITH_PARENT)).of("dataplane"),
                Map.of(MISCONFIGURED, MISCONFIGURED));
    }

    private Supervisor.Child controlplane() {
        var command =
                childOf(plainJava()).withVectorModule(false).plus(options(controlplaneOptions));
        var prefix =
                Stream.of(WITHOUT_CAPABILITIES, WITHOUT_NEW_PRIVILEGES, END_WITH_PARENT)
                        .map(GatewayCommand::usable)
                        .filter(usable -> !usable.isEmpty())
                        .findFirst()
                        .orElse(List.of());
        return new Supervisor.Child(
                "control plane",
                command.withPrefix(prefix).of("controlplane"),
                Map.of(MISCONFIGURED, MISCONFIGURED, ControlplaneCommand.GIVEN_UP, FAILED));
    }

    /// The program that runs us: in a container it may be a copy that carries a file capability.
    private static String ownJava() {
        return ProcessHandle.current().info().command().orElseGet(GatewayCommand::plainJava);
    }

    private static String plainJava() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static ChildCommand childOf(String java) {
        return new ChildCommand(
                java,
                System.getProperty("java.class.path"),
                List.of(),
                ManagementFactory.getRuntimeMXBean().getInputArguments());
    }

    private static List<String> options(List<String> given) {
        return given.stream().filter(option -> !option.isBlank()).toList();
    }

    /// Returns the prefix if it works here, else nothing.
    private static List<String> usable(List<String> prefix) {
        var probe = new ArrayList<>(prefix);
        probe.addAll(List.of("setpriv", "--version")); // an image may hold no other program
        try {
            var process =
                    new ProcessBuilder(probe)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            return process.waitFor() == 0 ? prefix : List.of();
        } catch (IOException _) {
            return List.of();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    /// A data plane that is killed leaves it to its successor; here there is none.
    private static void removeTraces() {
        var tunName = System.getenv().getOrDefault("GATEHOUSE_TUN_NAME", "");
        HostTraces.removeAll(tunName.isBlank() ? Optional.empty() : Optional.of(tunName));
    }
}
