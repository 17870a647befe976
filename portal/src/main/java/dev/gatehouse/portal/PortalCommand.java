package dev.gatehouse.portal;

import dev.gatehouse.portal.command.CommandReport;
import dev.gatehouse.portal.command.FileOptions;
import dev.gatehouse.portal.command.PortalBackupCommand;
import dev.gatehouse.portal.command.PortalCheckCommand;
import dev.gatehouse.portal.command.PortalInitCommand;
import dev.gatehouse.portal.command.PortalTokenCommand;
import dev.gatehouse.portal.command.TlsFiles;
import dev.gatehouse.portal.command.UsageMistake;
import dev.gatehouse.portal.config.ConfigFile;
import dev.gatehouse.portal.config.ConfigMistake;
import dev.gatehouse.portal.hub.admission.PlaceLimits;
import dev.gatehouse.portal.listener.RemotePeer;
import dev.gatehouse.portal.store.PortalStore;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.process.Termination;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `portal`: runs the embedded portal, or one of its helpers.
@Command(
        name = "portal",
        description = "Runs the embedded portal: accounts and rules from one YAML file.",
        mixinStandardHelpOptions = true,
        subcommands = {
            PortalInitCommand.class,
            PortalTokenCommand.class,
            PortalCheckCommand.class,
            PortalBackupCommand.class
        })
public final class PortalCommand implements Callable<Integer> {
    private static final int PROXY_HOPS_MAX = 16;
    private static final Logger LOG = LoggerFactory.getLogger(PortalCommand.class);

    @Mixin private FileOptions files = new FileOptions();

    @Option(
            names = "--listen",
            paramLabel = "<address:port>",
            description = "Address for peers, probes and metrics.",
            defaultValue = "${env:GATEHOUSE_PORTAL_LISTEN:-0.0.0.0:8083}")
    private String listen;

    @Option(
            names = "--api-listen",
            paramLabel = "<address:port>",
            description = "Address of the administrator's API.",
            defaultValue = "${env:GATEHOUSE_PORTAL_API_LISTEN:-127.0.0.1:8084}")
    private String apiListen;

    @Option(
            names = "--tls-cert",
            paramLabel = "<file>",
            description = "PEM certificate chain: serves wss:// instead of ws://.",
            defaultValue = "${env:GATEHOUSE_PORTAL_TLS_CERT:-}")
    private String tlsCertificate;

    @Option(
            names = "--tls-key",
            paramLabel = "<file>",
            description = "PEM private key of the certificate.",
            defaultValue = "${env:GATEHOUSE_PORTAL_TLS_KEY:-}")
    private String tlsKey;

    @Option(
            names = "--trusted-proxies",
            paramLabel = "<network>",
            description =
                    "Networks of the proxies in front, separated by commas: whose X-Forwarded-For"
                            + " is believed. Name the proxies alone, never a network of clients.",
            defaultValue = "${env:GATEHOUSE_PORTAL_TRUSTED_PROXIES:-}")
    private String trustedProxies;

    @Option(
            names = "--proxy-hops",
            paramLabel = "<count>",
            description =
                    "How many trusted proxies stand in a row; so many entries of X-Forwarded-For"
                            + " are read, from the right.",
            defaultValue = "${env:GATEHOUSE_PORTAL_PROXY_HOPS:-1}")
    private int proxyHops;

    @Option(
            names = "--proxy-places",
            paramLabel = "<true|false>",
            arity = "0..1",
            fallbackValue = "true",
            description =
                    "Believe X-Geo-Location-Region and -Coordinates of the trusted proxies: only if"
                            + " they set them, or take away what a client sends.",
            defaultValue = "${env:GATEHOUSE_PORTAL_PROXY_PLACES:-false}")
    private boolean proxyPlaces;

    @Option(
            names = "--max-connections",
            paramLabel = "<count>",
            description = "More peers are told to come back later.",
            defaultValue = "${env:GATEHOUSE_PORTAL_MAX_CONNECTIONS:-10000}")
    private int connectionsMax;

    @Option(
            names = "--max-sessions-per-token",
            paramLabel = "<count>",
            description = "Clients at a time with one token.",
            defaultValue = "${env:GATEHOUSE_PORTAL_MAX_SESSIONS_PER_TOKEN:-5000}")
    private int clientSessionsMax;

    @Option(
            names = "--max-gateways-per-token",
            paramLabel = "<count>",
            description = "Gateways or relays at a time with one token.",
            defaultValue = "${env:GATEHOUSE_PORTAL_MAX_GATEWAYS_PER_TOKEN:-500}")
    private int peerSessionsMax;

    @Option(
            names = "--max-devices",
            paramLabel = "<count>",
            description = "Devices remembered of one actor or site.",
            defaultValue = "${env:GATEHOUSE_PORTAL_MAX_DEVICES:-10000}")
    private int devicesMax;

    @Option(
            names = "--device-expiry-days",
            paramLabel = "<days>",
            description =
                    "Days after which a device that is not seen is forgotten, 7 if it came once;"
                            + " 0: never.",
            defaultValue = "${env:GATEHOUSE_PORTAL_DEVICE_EXPIRY_DAYS:-90}")
    private int deviceExpiryDays;

    @Option(
            names = "--api-token",
            paramLabel = "<token>",
            description =
                    "Bearer token of the API; without it one is kept in <data-dir>/api-token."
                            + " Prefer the variable.",
            defaultValue = "${env:GATEHOUSE_PORTAL_API_TOKEN:-}")
    private String apiToken;

    @Option(
            names = "--check",
            description = "Check the settings and the file, say what is wrong with them, and exit.")
    private boolean check;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        return CommandReport.reporting(spec, files.config, this::run);
    }

    private int run()
            throws IOException, ConfigMistake, UsageMistake, SQLException, PortalStore.StoreLocked {
        var config = config();
        if (check) {
            new ConfigFile(config.file()).read();
            return CommandReport.OK;
        }
        try (var termination = Termination.install()) {
            var portal = start(config);
            var stopped = new CountDownLatch(1);
            termination.onSignal(() -> stop(portal, stopped));
            LOG.info(
                    "portal {}, API on port {}",
                    listenerText(config, portal.publicPort()),
                    portal.apiPort());
            awaitStop(stopped);
        }
        return CommandReport.OK;
    }

    private static PortalProcess start(PortalConfig config)
            throws IOException, ConfigMistake, UsageMistake, SQLException, PortalStore.StoreLocked {
        try {
            return PortalProcess.start(config, new SecureRandom(), new MonotonicClock());
        } catch (PortalProcess.StartFailed e) {
            throw new UsageMistake(e.getMessage());
        }
    }

    private static String listenerText(PortalConfig config, int port) {
        return (config.tls().isPresent() ? "wss" : "ws") + " on port " + port;
    }

    /// Returns the exit code.
    private static int stop(PortalProcess portal, CountDownLatch stopped) {
        portal.close();
        stopped.countDown();
        return CommandReport.OK;
    }

    private static void awaitStop(CountDownLatch stopped) {
        try {
            stopped.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private PortalConfig config() throws UsageMistake {
        FileOptions.requireFile("--config", files.config, "`portal init` writes a first one");
        if (proxyHops < 1 || proxyHops > PROXY_HOPS_MAX) {
            throw new UsageMistake(
                    "--proxy-hops must be 1 to %d: the trusted proxies in a row"
                            .formatted(PROXY_HOPS_MAX));
        }
        return new PortalConfig(
                files.config,
                files.dataDirectory,
                endpoint("--listen", listen),
                endpoint("--api-listen", apiListen),
                tls(),
                new RemotePeer.Proxies(networks(), proxyHops, proxyPlaces),
                places(),
                Optional.of(apiToken).filter(t -> !t.isBlank()));
    }

    private PlaceLimits places() throws UsageMistake {
        atLeast("--max-connections", connectionsMax, 1);
        atLeast("--max-sessions-per-token", clientSessionsMax, 1);
        atLeast("--max-gateways-per-token", peerSessionsMax, 1);
        atLeast("--max-devices", devicesMax, 1);
        atLeast("--device-expiry-days", deviceExpiryDays, 0);
        return new PlaceLimits(
                connectionsMax,
                clientSessionsMax,
                peerSessionsMax,
                devicesMax,
                Duration.ofDays(deviceExpiryDays));
    }

    private static void atLeast(String option, int value, int min) throws UsageMistake {
        if (value < min) {
            throw new UsageMistake("%s must be at least %d".formatted(option, min));
        }
    }

    private static Endpoint endpoint(String option, String text) throws UsageMistake {
        try {
            return Endpoint.parse(text);
        } catch (IllegalArgumentException _) {
            throw new UsageMistake(
                    "%s: \"%s\" is not like 0.0.0.0:8083 or [::]:8083".formatted(option, text));
        }
    }

    private Optional<PortalConfig.Tls> tls() throws UsageMistake {
        if (tlsCertificate.isBlank() && tlsKey.isBlank()) {
            return Optional.empty();
        }
        if (tlsCertificate.isBlank() || tlsKey.isBlank()) {
            throw new UsageMistake("--tls-cert and --tls-key belong together; give both or none");
        }
        var tls = new PortalConfig.Tls(Path.of(tlsCertificate), Path.of(tlsKey));
        FileOptions.requireFile("--tls-cert", tls.certificate(), "give a PEM file");
        FileOptions.requireFile("--tls-key", tls.key(), "give a PEM file");
        TlsFiles.requirePair(tls.certificate(), tls.key());
        return Optional.of(tls);
    }

    private List<IpNetwork> networks() throws UsageMistake {
        var networks = new ArrayList<IpNetwork>();
        for (String text : trustedProxies.split(",")) {
            if (!text.isBlank()) {
                networks.add(network(text.strip()));
            }
        }
        return networks;
    }

    private static IpNetwork network(String text) throws UsageMistake {
        try {
            return IpNetwork.parse(text);
        } catch (IllegalArgumentException _) {
            throw new UsageMistake(
                    "--trusted-proxies: \"%s\" is not like 10.0.0.0/8".formatted(text));
        }
    }
}
