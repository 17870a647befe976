package dev.gatehouse.controlplane;

import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.login.DeviceId;
import dev.gatehouse.channel.login.UserAgent;
import dev.gatehouse.channel.options.CaFileOption;
import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.channel.options.IdentityOptions;
import dev.gatehouse.channel.options.PortalSettings;
import dev.gatehouse.http.HttpListeners;
import dev.gatehouse.http.ProbeAddressOption;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.process.Termination;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The command line of the control plane process; the only place that reads its environment.
@Command(
        name = "controlplane",
        mixinStandardHelpOptions = true,
        description = "Run the control plane of a gateway: the unprivileged half.")
public final class ControlplaneCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ControlplaneCommand.class);

    /// Set in the environment by a supervisor, which then tells a refusal from a crash.
    public static final String SUPERVISED = "GATEHOUSE_SUPERVISED";

    /// The exit code, under a supervisor, that says: starting again would not help.
    public static final int GIVEN_UP = 77;

    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int MISCONFIGURED = 2;
    private static final long STOP_LIMIT_S = 3;

    @Spec private CommandSpec spec;
    @Mixin private IdentityOptions identity;
    @Mixin private CaFileOption caFile;
    @Mixin private ProbeAddressOption probeAddress;

    @Option(
            names = "--token",
            paramLabel = "<token>",
            defaultValue = "${env:FIREZONE_TOKEN:-}",
            description =
                    "The gateway's token, or a file that holds it; else the file FIREZONE_TOKEN in"
                            + " $CREDENTIALS_DIRECTORY.")
    private String token;

    @Option(
            names = "--id-file",
            paramLabel = "<file>",
            defaultValue = "${env:GATEHOUSE_ID_FILE:-/var/lib/firezone/gateway_id}",
            description = "Where a created id is kept.")
    private Path idFile;

    @Option(
            names = {"-u", "--api-url"},
            paramLabel = "<url>",
            defaultValue = "${env:FIREZONE_API_URL:-wss://api.firezone.dev}",
            description = "The portal, wss://host or ws://host:port.")
    private String apiUrl;

    @Option(
            names = "--rpc-socket",
            paramLabel = "<path>",
            defaultValue = "${env:GATEHOUSE_RPC_SOCKET:-/run/gatehouse/dataplane.sock}",
            description = "Unix socket between control plane and data plane.")
    private Path rpcSocket;

    @Option(
            names = "--max-partition-time",
            paramLabel = "<duration>",
            defaultValue = "${env:FIREZONE_MAX_PARTITION_TIME:-24h}",
            description =
                    "How long the portal may be away before this process gives up; 0 = for ever.")
    private String maxPartition;

    @Option(
            names = "--leave-dataplane",
            defaultValue = "${env:GATEHOUSE_LEAVE_DATAPLANE:-false}",
            fallbackValue = "true",
            description = "End without ending the data plane: another control plane follows.")
    private boolean leaveDataplane;

    @Option(
            names = "--check",
            description = "Check the settings, say what is wrong with them, and exit.")
    private boolean check;

    @Override
    public Integer call() {
        try (var termination = Termination.install()) {
            var config = toConfig();
            return check ? OK : run(config, termination);
        } catch (IllegalArgumentException | ConfigurationMistake mistake) {
            return misconfigured(mistake.getMessage());
        }
    }

    private int misconfigured(String what) {
        spec.commandLine().getErr().println("gatehouse controlplane: " + what);
        return MISCONFIGURED;
    }

    private ControlplaneConfig toConfig() throws ConfigurationMistake {
        var healthCheckAddr = probeAddress.text();
        int colon = healthCheckAddr.lastIndexOf(':');
        require(
                colon > 0 && healthCheckAddr.substring(colon + 1).matches("\\d{1,5}"),
                "HEALTH_CHECK_ADDR must look like 0.0.0.0:8080: '%s' does not"
                        .formatted(healthCheckAddr));
        return new ControlplaneConfig(
                PortalSettings.api("FIREZONE_API_URL", apiUrl),
                readToken(),
                DeviceId.externalId(readId()),
                readName(),
                rpcSocket,
                healthCheckAddr.substring(0, colon).replaceAll("[\\[\\]]", ""),
                Integer.parseInt(healthCheckAddr.substring(colon + 1)),
                PortalSettings.duration("FIREZONE_MAX_PARTITION_TIME", maxPartition),
                caFile.file(),
                leaveDataplane);
    }

    private Secret readToken() throws ConfigurationMistake {
        var given = PortalSettings.token("FIREZONE_TOKEN", token);
        if (given.isPresent()) {
            return given.get();
        }
        var credentials = System.getenv("CREDENTIALS_DIRECTORY");
        var file = Path.of(credentials == null ? "" : credentials, "FIREZONE_TOKEN");
        require(
                credentials != null && Files.exists(file),
                "no token: set FIREZONE_TOKEN to the token or to a file that holds it");
        return PortalSettings.tokenIn("FIREZONE_TOKEN", file);
    }

    private static Optional<String> readIfExists(Path path) {
        if (!Files.isRegularFile(path)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readString(path));
        } catch (IOException failure) {
            throw unreadable(path, failure);
        }
    }

    private static IllegalArgumentException unreadable(Path path, IOException failure) {
        return new IllegalArgumentException(
                "cannot read %s: check owner and mode".formatted(path), failure);
    }

    private String readId() {
        var id = identity.id();
        if (id.isPresent()) {
            return id.get();
        }
        require(
                !Files.isDirectory(idFile),
                "GATEHOUSE_ID_FILE names %s, which is a folder: name a file in it"
                        .formatted(idFile));
        try {
            var kept = new GatewayIdFile(idFile);
            require(
                    !kept.holdsSomethingElse(),
                    "%s holds no id: delete it, or set FIREZONE_ID".formatted(idFile));
            return kept.read().orElseGet(this::createId);
        } catch (IOException failure) {
            throw unreadable(idFile, failure);
        }
    }

    private String createId() {
        var created = DeviceId.create(UUID.randomUUID());
        return check || isKept(created) ? created : idOfMachine().orElse(created);
    }

    private boolean isKept(String created) {
        try {
            new GatewayIdFile(idFile).write(created);
            return true;
        } catch (IOException failure) {
            LOG.warn("cannot keep an id in {}: set FIREZONE_ID or GATEHOUSE_ID_FILE", idFile);
            return false;
        }
    }

    private static Optional<String> idOfMachine() {
        return readIfExists(Path.of("/etc/machine-id"))
                .flatMap(text -> DeviceId.ofMachine(PeerRole.GATEWAY, text));
    }

    private String readName() {
        var name = identity.name();
        if (name.isPresent()) {
            return name.get();
        }
        return readIfExists(Path.of("/proc/sys/kernel/hostname"))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .orElseGet(() -> UUID.randomUUID().toString());
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    private int run(ControlplaneConfig config, Termination termination) {
        var http =
                new HttpListeners(
                        new VertxOptions().setPreferNativeTransport(true), System::nanoTime);
        var vertx = http.vertx();
        if (!vertx.isNativeTransportEnabled()) {
            LOG.error("Netty's epoll transport cannot be loaded: {}", cause(vertx));
            return FAILED;
        }
        var ended = new CompletableFuture<Integer>();
        var controlplane =
                new Controlplane(
                        vertx,
                        config,
                        new MonotonicClock(),
                        userAgent(),
                        reason -> {
                            LOG.error("{}", reason);
                            ended.complete(System.getenv(SUPERVISED) == null ? FAILED : GIVEN_UP);
                        });
        var probes = new ProbeServer(http, controlplane::status);
        probes.listen(config.probeHost(), config.probePort())
                .onFailure(
                        failure -> {
                            misconfigured(
                                    "cannot serve HTTP on %s (%s): set HEALTH_CHECK_ADDR to a free"
                                                    .formatted(
                                                            probeAddress.text(),
                                                            failure.getMessage())
                                            + " address");
                            ended.complete(MISCONFIGURED);
                        });
        controlplane.start();
        var stopped = new CompletableFuture<Integer>();
        termination.onSignal(
                () -> {
                    ended.complete(OK);
                    return stopped.join();
                });
        LOG.info("waiting for the data plane on {}", config.rpcSocket());
        int code = ended.join();
        stop(controlplane);
        stopped.complete(code);
        return code;
    }

    private static String cause(Vertx vertx) {
        return String.valueOf(vertx.unavailableNativeTransportCause());
    }

    private static String userAgent() {
        return UserAgent.of(
                PeerRole.GATEWAY,
                readIfExists(Path.of("/etc/os-release")).orElse(""),
                System.getProperty("os.arch"),
                System.getProperty("os.version"));
    }

    private static void stop(Controlplane controlplane) {
        try {
            controlplane
                    .stop()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(STOP_LIMIT_S, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException failure) {
            LOG.warn("ended without a goodbye: {}", failure.toString());
        }
    }
}
