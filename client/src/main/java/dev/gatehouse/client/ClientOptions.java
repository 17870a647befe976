package dev.gatehouse.client;

import dev.gatehouse.channel.login.DeviceId;
import dev.gatehouse.channel.options.CaFileOption;
import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.channel.options.IdentityOptions;
import dev.gatehouse.channel.options.PortalSettings;
import dev.gatehouse.client.resolver.DnsControl;
import dev.gatehouse.transport.udp.UdpOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options of a client, each with its environment variable (client.md 1), and their checks.
final class ClientOptions {
    private static final Logger LOG = LoggerFactory.getLogger(ClientOptions.class);
    private static final int BUFFER_BYTES_MIN = 1 << 16;
    private static final int NAME_LENGTH_MAX = 255;

    @Mixin private IdentityOptions identity;
    @Mixin private CaFileOption caFile;
    @Mixin private UdpOptions udp;

    @Option(
            names = "--token-path",
            paramLabel = "<file>",
            defaultValue = "${env:FIREZONE_TOKEN_PATH:-/etc/dev.firezone.client/token}",
            description = "File with the token, if FIREZONE_TOKEN is not set.")
    private Path tokenPath;

    @Option(
            names = {"-u", "--api-url"},
            paramLabel = "<url>",
            defaultValue = "${env:FIREZONE_API_URL:-wss://api.firezone.dev/}",
            description = "The portal, wss://host or ws://host:port.")
    private String apiUrl;

    @Option(
            names = "--dns-control",
            paramLabel = "<method>",
            defaultValue = "${env:FIREZONE_DNS_CONTROL:-}",
            description =
                    "How names reach the client: systemd-resolved (where resolv.conf is its), else"
                            + " etc-resolv-conf; or disabled.")
    private String dnsControl;

    @Option(
            names = "--resolv-conf",
            hidden = true,
            defaultValue = "${env:GATEHOUSE_RESOLV_CONF:-/etc/resolv.conf}")
    private Path resolvConf;

    @Option(
            names = "--activate-internet-resource",
            defaultValue = "${env:FIREZONE_ACTIVATE_INTERNET_RESOURCE:-false}",
            fallbackValue = "true",
            description = "Route everything once granted.")
    private boolean activateInternetResource;

    @Option(
            names = {"-m", "--max-partition-time"},
            paramLabel = "<duration>",
            defaultValue = "${env:MAX_PARTITION_TIME:-}",
            description =
                    "How long the portal may be away before this process gives up; 0 = for ever.")
    private String maxPartitionTime;

    @Option(
            names = {"-l", "--log-dir"},
            hidden = true,
            defaultValue = "${env:LOG_DIR:-}")
    private String logDir;

    @Option(
            names = "--no-telemetry",
            hidden = true,
            defaultValue = "${env:FIREZONE_NO_TELEMETRY:-false}",
            fallbackValue = "true")
    private boolean noTelemetry;

    @Option(names = "--metrics", hidden = true, defaultValue = "${env:FIREZONE_METRICS:-}")
    private String metrics;

    @Option(
            names = "--otlp-grpc-endpoint",
            hidden = true,
            defaultValue = "${env:OTLP_GRPC_ENDPOINT:-}")
    private String otlpGrpcEndpoint;

    @Option(names = "--flow-logs", hidden = true, defaultValue = "${env:FIREZONE_FLOW_LOGS:-}")
    private String flowLogs;

    @Option(
            names = "--inc-buf",
            defaultValue = "${env:FIREZONE_INC_BUF:-false}",
            fallbackValue = "true",
            description = "Raise the kernel's limits of socket buffers.")
    private boolean incBuf;

    @Option(
            names = "--aead",
            paramLabel = "<name>",
            defaultValue = "${env:GATEHOUSE_AEAD:-auto}",
            description = "Implementation of the cipher: auto, vector, libcrypto, jdk.")
    private String aead;

    @Option(
            names = "--tun-name",
            paramLabel = "<name>",
            defaultValue = "${env:GATEHOUSE_TUN_NAME:-tun-firezone}",
            description = "Name of the TUN device; if a gateway has it: tun-client.")
    private String tunName;

    @Option(names = "--exit", description = "Leave with 0 after the interface was configured.")
    private boolean exit;

    ClientSettings toSettings(Path statusSocket) throws ConfigurationMistake {
        var asked = askedDnsControl();
        return new ClientSettings(
                PortalSettings.api("FIREZONE_API_URL", apiUrl),
                TokenFile.read(
                        Optional.ofNullable(System.getenv("FIREZONE_TOKEN")).orElse(""), tokenPath),
                tunName(),
                DeviceId.externalId(id()),
                name(),
                dnsControl(asked),
                resolvConf,
                activateInternetResource,
                partition(),
                caFile.file(),
                statusSocket,
                buffers(),
                packets(),
                exit);
    }

    /// The settings given that have no effect here.
    List<String> ignored() {
        var given = new LinkedHashMap<String, String>();
        given.put("LOG_DIR", logDir);
        given.put("FIREZONE_METRICS", metrics);
        given.put("OTLP_GRPC_ENDPOINT", otlpGrpcEndpoint);
        given.put("FIREZONE_FLOW_LOGS", flowLogs);
        given.values().removeIf(String::isBlank);
        return List.copyOf(given.keySet());
    }

    private String id() throws ConfigurationMistake {
        var id = identity.id();
        return id.isPresent() ? id.get() : DeviceIdFile.readOrCreate(DeviceIdFile.DEFAULT);
    }

    private String tunName() throws ConfigurationMistake {
        if (!tunName.matches("[A-Za-z0-9_.-]{1,15}")) {
            throw new ConfigurationMistake(
                    "GATEHOUSE_TUN_NAME \"%s\": write up to 15 letters, digits, - and _"
                            .formatted(tunName));
        }
        return tunName;
    }

    private String name() throws ConfigurationMistake {
        var name = identity.name();
        if (name.isPresent() && name.get().length() > NAME_LENGTH_MAX) {
            throw new ConfigurationMistake(
                    "FIREZONE_NAME must have 1 to %d characters".formatted(NAME_LENGTH_MAX));
        }
        if (name.isPresent()) {
            return name.get();
        }
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException _) {
            return UUID.randomUUID().toString();
        }
    }

    /// What was asked for must be possible; what was not is left alone where it is not, and told.
    private DnsControl dnsControl(Optional<DnsControl> asked) throws ConfigurationMistake {
        var control = asked.orElseGet(() -> DnsControl.ofHost(resolvConf));
        var obstacle = control.obstacle(resolvConf, tunName);
        if (obstacle.isEmpty()) {
            return control;
        }
        if (asked.isPresent()) {
            throw new ConfigurationMistake(
                    "FIREZONE_DNS_CONTROL=%s: %s, or set %s"
                            .formatted(control.text(), obstacle.get(), DnsControl.DISABLED.text()));
        }
        LOG.warn(
                "names of resources do not reach this client: {}, or set FIREZONE_DNS_CONTROL",
                obstacle.get());
        return DnsControl.DISABLED;
    }

    private Optional<DnsControl> askedDnsControl() throws ConfigurationMistake {
        if (dnsControl.isBlank()) {
            return Optional.empty();
        }
        var control = DnsControl.parse(dnsControl.strip());
        if (control.isEmpty()) {
            throw new ConfigurationMistake(
                    "FIREZONE_DNS_CONTROL \"%s\" is none of %s"
                            .formatted(dnsControl, DnsControl.texts()));
        }
        return control;
    }

    private Duration partition() throws ConfigurationMistake {
        return maxPartitionTime.isBlank()
                ? Duration.ZERO
                : PortalSettings.duration("MAX_PARTITION_TIME", maxPartitionTime);
    }

    private ClientSettings.Packets packets() throws ConfigurationMistake {
        try {
            return new ClientSettings.Packets(
                    udp.isOffloadWanted(),
                    aead.equals("auto") ? Optional.empty() : Optional.of(aead));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationMistake(e.getMessage());
        }
    }

    private ClientSettings.Buffers buffers() throws ConfigurationMistake {
        if (udp.sendBufferBytes() < BUFFER_BYTES_MIN
                || udp.receiveBufferBytes() < BUFFER_BYTES_MIN) {
            throw new ConfigurationMistake(
                    "FIREZONE_UDP_SEND_BUFFER_SIZE and FIREZONE_UDP_RECV_BUFFER_SIZE are bytes, at"
                            + " least "
                            + BUFFER_BYTES_MIN);
        }
        return new ClientSettings.Buffers(udp.sendBufferBytes(), udp.receiveBufferBytes(), incBuf);
    }
}
