package dev.gatehouse.dataplane;

import dev.gatehouse.dataplane.config.ConfigurationException;
import dev.gatehouse.dataplane.config.DataplaneConfig;
import dev.gatehouse.dataplane.host.TunNames;
import dev.gatehouse.transport.process.Termination;
import dev.gatehouse.transport.udp.UdpOptions;
import dev.gatehouse.wire.IpNetwork;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gatehouse dataplane`: the privileged half of a gateway.
@Command(
        name = "dataplane",
        mixinStandardHelpOptions = true,
        description = "Moves the packets of a gateway; told what to do by the control plane.")
public final class DataplaneCommand implements Callable<Integer> {
    private static final int NO_PEER = -1;
    private static final int EXIT_FAILURE = 1;
    private static final int EXIT_CONFIGURATION = 2;

    @Spec private CommandSpec spec;
    @Mixin private UdpOptions udp;

    @Option(
            names = "--rpc-socket",
            paramLabel = "<path>",
            defaultValue = "${env:GATEHOUSE_RPC_SOCKET:-/run/gatehouse/dataplane.sock}",
            description = "Unix socket between control plane and data plane.")
    private Path rpcSocket;

    @Option(
            names = "--rpc-peer-uid",
            paramLabel = "<uid>",
            defaultValue = "${env:GATEHOUSE_RPC_PEER_UID:--1}",
            description = "User that may connect besides our own; -1 for none.")
    private int rpcPeerUid;

    @Option(
            names = "--shards",
            paramLabel = "<count>",
            defaultValue = "${env:GATEHOUSE_SHARDS:-auto}",
            description = {
                "Packet threads, 1 to 64, among which clients are spread; auto: processors less"
                        + " one, at most 2.",
                "Each needs a relay of its own, and has a UDP port, from --udp-port on, and a TUN"
                        + " device: NAME, NAME-1, ..."
            })
    private String shards;

    @Option(
            names = "--tun-name",
            paramLabel = "<name>",
            defaultValue = "${env:GATEHOUSE_TUN_NAME:-" + TunNames.DEFAULT + "}",
            description = {
                "Name of the TUN device of shard 0; where a client of ours has the default one:",
                TunNames.BESIDE_CLIENT + "."
            })
    private String tunName;

    @Option(
            names = "--udp-port",
            paramLabel = "<port>",
            defaultValue = "${env:GATEHOUSE_UDP_PORT:-52625}",
            description = "UDP port; another one if it is taken.")
    private int udpPort;

    @Option(
            names = "--no-inc-buf",
            paramLabel = "<true|false>",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "${env:FIREZONE_NO_INC_BUF:-false}",
            description = "Leave the host's limits of socket buffers alone.")
    private boolean noBufferLimits;

    @Option(
            names = "--no-masquerade",
            paramLabel = "<true|false>",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "${env:FIREZONE_NO_MASQUERADE:-false}",
            description = "Install no masquerade rules.")
    private boolean noMasquerade;

    @Option(
            names = "--no-sysctl",
            paramLabel = "<true|false>",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "${env:GATEHOUSE_NO_SYSCTL:-false}",
            description = "Do not switch IP forwarding on.")
    private boolean noSysctl;

    @Option(
            names = "--http",
            paramLabel = "<address:port>",
            defaultValue = "${env:GATEHOUSE_DATAPLANE_HTTP:-127.0.0.1:8081}",
            description = "Address of probes and metrics.")
    private String http;

    @Option(
            names = "--aead",
            paramLabel = "<name>",
            defaultValue = "${env:GATEHOUSE_AEAD:-auto}",
            description = "Implementation of the cipher: auto, vector, libcrypto, jdk.")
    private String aead;

    @Option(
            names = "--allow-name-target",
            paramLabel = "<network>",
            split = ",",
            defaultValue = "${env:GATEHOUSE_ALLOW_NAME_TARGET:-}",
            description = {
                "Networks or addresses, separated by commas, that names of resources may stand for"
                        + " although they are link-local, reserved or a metadata service, or may be"
                        + " translated into private ones.",
                "A resource that is such a network or address allows it, too, to its clients."
            })
    private List<String> nameTargets;

    @Option(names = "--check", description = "Check the settings and the host, then exit.")
    private boolean check;

    @Override
    public Integer call() {
        try (var termination = Termination.install()) {
            var config = toConfig();
            HostCheck.run(config);
            if (check) {
                return 0;
            }
            HostCheck.requireAlone();
            return new DataplaneProcess(config).run(termination);
        } catch (ConfigurationException | IllegalArgumentException e) {
            spec.commandLine().getErr().println("gatehouse dataplane: " + e.getMessage());
            return EXIT_CONFIGURATION;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return EXIT_FAILURE;
        }
    }

    private DataplaneConfig toConfig() {
        if (rpcPeerUid < NO_PEER) {
            throw new IllegalArgumentException(
                    "rpc-peer-uid (GATEHOUSE_RPC_PEER_UID) must be a user's number, or -1");
        }
        tunName = TunNames.choose(tunName);
        int colon = http.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException(
                    "http (GATEHOUSE_DATAPLANE_HTTP) must be address:port, not " + http);
        }
        return new DataplaneConfig(
                rpcSocket,
                rpcPeerUid < 0 ? OptionalInt.empty() : OptionalInt.of(rpcPeerUid),
                shardCount(),
                tunName,
                udpPort,
                udp.sendBufferBytes(),
                udp.receiveBufferBytes(),
                !noBufferLimits,
                !noMasquerade,
                !noSysctl,
                http.substring(0, colon),
                port(http.substring(colon + 1)),
                aead.equals("auto") ? Optional.empty() : Optional.of(aead),
                udp.isOffloadWanted(),
                nameTargets.stream()
                        .map(String::strip)
                        .filter(text -> !text.isEmpty())
                        .map(DataplaneCommand::network)
                        .toList());
    }

    private static IpNetwork network(String text) {
        try {
            return IpNetwork.parse(text);
        } catch (IllegalArgumentException _) {
            throw new IllegalArgumentException(
                    "allow-name-target (GATEHOUSE_ALLOW_NAME_TARGET) must be networks or addresses"
                            + " separated by commas, such as 169.254.10.0/24, not "
                            + text);
        }
    }

    private int shardCount() {
        if (shards.equals("auto")) {
            int processors = Runtime.getRuntime().availableProcessors();
            return DataplaneConfig.shardsFor(processors, tunName);
        }
        try {
            return Integer.parseInt(shards);
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException(
                    "shards (GATEHOUSE_SHARDS) must be auto or 1 to %d, not %s"
                            .formatted(DataplaneConfig.SHARDS_MAX, shards));
        }
    }

    private static int port(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException(
                    "http (GATEHOUSE_DATAPLANE_HTTP) must end in a port, not " + text);
        }
    }
}
