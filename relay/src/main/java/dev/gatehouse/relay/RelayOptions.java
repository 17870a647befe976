package dev.gatehouse.relay;

import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.options.CaFileOption;
import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.channel.options.PortalSettings;
import dev.gatehouse.http.ProbeAddressOption;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpAddress.Family;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The options of a relay, each with its environment variable (relay.md 1), and their checks.
final class RelayOptions {
    private static final String SOFTWARE = "gatehouse-relay; rev=0.1.0";
    private static final List<IpNetwork> MULTICAST =
            List.of(IpNetwork.parse("224.0.0.0/3"), IpNetwork.parse("ff00::/8"));
    private static final int SECRET_FILE_BYTES_MAX = 8192;

    @Mixin private CaFileOption caFile;
    @Mixin private ProbeAddressOption probeAddress;

    @Option(
            names = "--public-ip4-addr",
            paramLabel = "<address>",
            defaultValue = "${env:PUBLIC_IP4_ADDR:-}",
            description = "The IPv4 address that others reach this relay at.")
    private String publicIp4Addr;

    @Option(
            names = "--public-ip6-addr",
            paramLabel = "<address>",
            defaultValue = "${env:PUBLIC_IP6_ADDR:-}",
            description = "The IPv6 address; at least one of the two is needed.")
    private String publicIp6Addr;

    @Option(
            names = "--bind-ip4-addr",
            paramLabel = "<address>",
            defaultValue = "${env:BIND_IP4_ADDR:-0.0.0.0}",
            description = "Where the IPv4 sockets are bound.")
    private String bindIp4Addr;

    @Option(
            names = "--bind-ip6-addr",
            paramLabel = "<address>",
            defaultValue = "${env:BIND_IP6_ADDR:-::}",
            description = "Where the IPv6 sockets are bound.")
    private String bindIp6Addr;

    @Option(
            names = "--allow-peer",
            paramLabel = "<network>",
            split = ",",
            defaultValue = "${env:GATEHOUSE_RELAY_ALLOW_PEER:-}",
            description =
                    "Networks to relay to although they are private, of this host or else without"
                            + " global reach, e.g. 10.0.0.0/8. Several: again, or with commas.")
    private List<String> allowPeer;

    @Option(
            names = "--listen-port",
            hidden = true,
            defaultValue = "${env:LISTEN_PORT:-3478}",
            description = "Clients only recognise 3478.")
    private String listenPort;

    @Option(
            names = "--lowest-port",
            paramLabel = "<port>",
            defaultValue = "${env:LOWEST_PORT:-49152}",
            description = "First port of allocations.")
    private String lowestPort;

    @Option(
            names = "--highest-port",
            paramLabel = "<port>",
            defaultValue = "${env:HIGHEST_PORT:-65535}",
            description = "Last port of allocations.")
    private String highestPort;

    @Option(
            names = {"--api-url", "--firezone-api-url"},
            paramLabel = "<url>",
            defaultValue = "${env:FIREZONE_API_URL:-}",
            description = "The portal, wss://host or ws://host:port.")
    private String apiUrl;

    @Option(
            names = "--firezone-token",
            paramLabel = "<token>",
            defaultValue = "${env:FIREZONE_TOKEN:-}",
            description = "The relay's token, or a file that holds it.")
    private String token;

    @Option(
            names = {"--name", "--firezone-name"},
            paramLabel = "<name>",
            defaultValue = "${env:FIREZONE_NAME:-}",
            description = "How the portal shows this relay.")
    private String name;

    @Parameters(
            arity = "0..2",
            paramLabel = "<token> <name>",
            description = "Token and name, instead of the options.")
    private List<String> positional = List.of();

    @Option(
            names = "--stamp-secret",
            paramLabel = "<secret>",
            defaultValue = "${env:STAMP_SECRET:-}",
            description =
                    "Fixed secret, or a file that holds it. Without a token the relay then runs"
                            + " without portal.")
    private String stampSecret;

    @Option(
            names = "--rng-seed",
            hidden = true,
            defaultValue = "${env:RNG_SEED:-}",
            description = "Makes ports, nonces and secret predictable. For tests only.")
    private String rngSeed;

    @Option(
            names = "--drain",
            paramLabel = "<duration>",
            defaultValue = "${env:GATEHOUSE_DRAIN:-0s}",
            description = "How long allocations may go on after SIGTERM; 0s: end at once.")
    private String drain;

    RelaySettings toSettings() throws ConfigurationMistake {
        var fixedSecret = secret("STAMP_SECRET", stampSecret);
        return new RelaySettings(
                relayConfig(),
                address("BIND_IP4_ADDR", bindIp4Addr, Family.IPV4).orElse(IpAddress.ANY_V4),
                address("BIND_IP6_ADDR", bindIp6Addr, Family.IPV6).orElse(IpAddress.ANY_V6),
                portal(fixedSecret.isPresent()),
                fixedSecret,
                seed(),
                health(),
                PortalSettings.duration("GATEHOUSE_DRAIN", drain));
    }

    private RelayConfig relayConfig() throws ConfigurationMistake {
        var v4 = address("PUBLIC_IP4_ADDR", publicIp4Addr, Family.IPV4);
        var v6 = address("PUBLIC_IP6_ADDR", publicIp6Addr, Family.IPV6);
        if (v4.isEmpty() && v6.isEmpty()) {
            throw new ConfigurationMistake(
                    "no public address: set PUBLIC_IP4_ADDR, PUBLIC_IP6_ADDR or both");
        }
        requireReachable("PUBLIC_IP4_ADDR", v4);
        requireReachable("PUBLIC_IP6_ADDR", v6);
        int listen = port("LISTEN_PORT", listenPort);
        int lowest = port("LOWEST_PORT", lowestPort);
        int highest = port("HIGHEST_PORT", highestPort);
        var allowed = allowedPeers();
        try {
            return new RelayConfig(
                    v4, v6, listen, lowest, highest, SOFTWARE, RelayLimits.DEFAULT, allowed);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationMistake(
                    e.getMessage() + ": check LISTEN_PORT, LOWEST_PORT and HIGHEST_PORT");
        }
    }

    private List<IpNetwork> allowedPeers() throws ConfigurationMistake {
        var networks = new ArrayList<IpNetwork>();
        for (String value : allowPeer) {
            var network = text(value);
            if (network.isPresent()) {
                networks.add(network(network.get()));
            }
        }
        return networks;
    }

    private static IpNetwork network(String text) throws ConfigurationMistake {
        try {
            return IpNetwork.parse(text);
        } catch (IllegalArgumentException _) {
            throw new ConfigurationMistake(
                    "GATEHOUSE_RELAY_ALLOW_PEER (--allow-peer) must be networks such as"
                            + " 10.0.0.0/8 or fd00::/8, not "
                            + text);
        }
    }

    private Optional<PortalLogin> portal(boolean mayStandAlone) throws ConfigurationMistake {
        var login =
                PortalSettings.token(
                        "FIREZONE_TOKEN", positional.isEmpty() ? token : positional.getFirst());
        if (login.isEmpty() && mayStandAlone) {
            return Optional.empty();
        }
        if (login.isEmpty()) {
            throw new ConfigurationMistake(
                    "no token: set FIREZONE_TOKEN to the token the portal made for this relay");
        }
        var shownName = text(positional.size() < 2 ? name : positional.get(1));
        var authorities = caFile.file();
        return Optional.of(new PortalLogin(api(), login.get(), shownName, authorities));
    }

    private URI api() throws ConfigurationMistake {
        var url = text(apiUrl);
        if (url.isEmpty()) {
            throw new ConfigurationMistake("no portal: set FIREZONE_API_URL, e.g. wss://host");
        }
        return PortalSettings.api("FIREZONE_API_URL", url.get());
    }

    private OptionalLong seed() throws ConfigurationMistake {
        var seed = text(rngSeed);
        try {
            return seed.isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of(Long.parseUnsignedLong(seed.get()));
        } catch (NumberFormatException _) {
            throw new ConfigurationMistake("RNG_SEED must be a number from 0 to 2^64 - 1");
        }
    }

    private Endpoint health() throws ConfigurationMistake {
        try {
            return Endpoint.parse(probeAddress.text());
        } catch (IllegalArgumentException _) {
            throw new ConfigurationMistake(
                    "HEALTH_CHECK_ADDR must be an address and a port such as 0.0.0.0:8080, not "
                            + probeAddress.text());
        }
    }

    private static Optional<IpAddress> address(String variable, String value, Family family)
            throws ConfigurationMistake {
        var text = text(value);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            var address = IpAddress.parse(text.get());
            if (address.family() == family) {
                return Optional.of(address);
            }
        } catch (IllegalArgumentException _) {
            // told below
        }
        String kind = family == Family.IPV4 ? "IPv4" : "IPv6";
        throw new ConfigurationMistake(variable + " is no " + kind + " address: " + text.get());
    }

    /// Others are told this address.
    private static void requireReachable(String variable, Optional<IpAddress> address)
            throws ConfigurationMistake {
        boolean isNobodys =
                address.isPresent()
                        && (address.get().equals(IpAddress.ANY_V4)
                                || address.get().equals(IpAddress.ANY_V6)
                                || MULTICAST.stream().anyMatch(n -> n.contains(address.get())));
        if (isNobodys) {
            throw new ConfigurationMistake(
                    "%s must be an address that others reach this relay at, not %s"
                            .formatted(variable, address.get()));
        }
    }

    private static int port(String variable, String value) throws ConfigurationMistake {
        try {
            int port = Integer.parseInt(value);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException _) {
            // told below
        }
        throw new ConfigurationMistake(variable + " must be a port from 1 to 65535, not " + value);
    }

    /// The secret itself, or the content of the file it names.
    private static Optional<Secret> secret(String variable, String value)
            throws ConfigurationMistake {
        var text = text(value);
        if (text.isPresent() && text.get().startsWith("/")) {
            PortalSettings.requireFile(variable, Path.of(text.get()));
        }
        if (text.isEmpty() || !isFile(text.get())) {
            return text.map(Secret::new);
        }
        try {
            var file = Path.of(text.get());
            if (Files.size(file) > SECRET_FILE_BYTES_MAX) {
                throw new ConfigurationMistake("the file named by " + variable + " is too long");
            }
            var content = text(Files.readString(file));
            if (content.isEmpty()) {
                throw new ConfigurationMistake("the file named by " + variable + " is empty");
            }
            return content.map(Secret::new);
        } catch (IOException _) {
            throw new ConfigurationMistake(
                    "cannot read the file named by " + variable + ": check owner and mode");
        }
    }

    private static boolean isFile(String text) {
        try {
            return Files.isRegularFile(Path.of(text));
        } catch (InvalidPathException _) {
            return false;
        }
    }

    private static Optional<String> text(String value) {
        return Optional.ofNullable(value).map(String::strip).filter(text -> !text.isEmpty());
    }
}
