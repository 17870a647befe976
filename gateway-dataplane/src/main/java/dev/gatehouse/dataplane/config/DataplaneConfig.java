package dev.gatehouse.dataplane.config;

import dev.gatehouse.dataplane.host.TunNames;
import dev.gatehouse.wire.IpNetwork;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// All settings of one data plane process, checked on construction.
///
/// @param rpcSocket at most 107 bytes; its folder is private to us
/// @param rpcPeerUid the user besides our own that may connect
/// @param shards packet threads, 1 to [#SHARDS_MAX]
/// @param tunName device of shard 0
/// @param udpPort first choice of shard 0; a snapshot's port goes before it
/// @param httpHost address of probes and metrics
/// @param aead which implementation of the cipher; empty: the best
/// @param offloads whether packets move in batches between kernel and process, where it can
/// @param nameTargets networks that names of resources may lead to, though they are the host's
public record DataplaneConfig(
        Path rpcSocket,
        OptionalInt rpcPeerUid,
        int shards,
        String tunName,
        int udpPort,
        int sendBufferBytes,
        int receiveBufferBytes,
        boolean raiseBufferLimits,
        boolean masquerade,
        boolean enableForwarding,
        String httpHost,
        int httpPort,
        Optional<String> aead,
        boolean offloads,
        List<IpNetwork> nameTargets) {
    public static final int MTU = 1280;
    static final int RPC_PATH_BYTES_MAX = 107;
    public static final int SHARDS_MAX = 64;

    /// A shard needs a relay that no other has, and a portal sends two.
    static final int SHARDS_AUTO_MAX = 2;

    private static final int TUN_NAME_LENGTH_MAX = 15;
    private static final int PORT_MAX = 0xFFFF;
    private static final int ANY_PORT = 0;

    public DataplaneConfig {
        nameTargets = List.copyOf(nameTargets);
        require(
                rpcSocket.toString().getBytes().length <= RPC_PATH_BYTES_MAX,
                "rpc-socket (GATEHOUSE_RPC_SOCKET) must be at most 107 bytes long");
        require(
                rpcSocket.isAbsolute() && rpcSocket.getNameCount() > 1,
                "rpc-socket (GATEHOUSE_RPC_SOCKET) must be absolute, in a folder of its own");
        require(
                tunName.matches("[A-Za-z0-9_.-]{1,15}"),
                "tun-name (GATEHOUSE_TUN_NAME) must be 1 to 15 of A-Z a-z 0-9 _ . -");
        require(
                shards >= 1 && shards <= SHARDS_MAX,
                "shards (GATEHOUSE_SHARDS) must be auto or 1 to " + SHARDS_MAX);
        require(
                tunName(tunName, shards - 1).length() <= TUN_NAME_LENGTH_MAX,
                "tun-name (GATEHOUSE_TUN_NAME) must be at most %d characters long with %d shards"
                        .formatted(TUN_NAME_LENGTH_MAX - tunName("", shards - 1).length(), shards));
        require(isPort(udpPort), "udp-port (GATEHOUSE_UDP_PORT) must be 1 to 65535");
        require(isPort(httpPort), "http (GATEHOUSE_DATAPLANE_HTTP) needs a port of 1 to 65535");
        require(
                sendBufferBytes >= 1 << 16 && receiveBufferBytes >= 1 << 16,
                "UDP buffers (FIREZONE_UDP_SEND_BUFFER_SIZE, FIREZONE_UDP_RECV_BUFFER_SIZE)"
                        + " must be at least 65536 bytes");
    }

    /// The device of a shard: each has one.
    public String tunName(int shard) {
        return tunName(tunName, shard);
    }

    private static String tunName(String first, int shard) {
        return shard == 0 ? first : first + "-" + shard;
    }

    /// One less than there are processors, and no more than can be expected to have a relay or
    /// than devices can be named.
    public static int shardsFor(int processors, String tunName) {
        int shards = Math.clamp(processors - 1, 1, SHARDS_AUTO_MAX);
        while (tunName(tunName, shards - 1).length() > TUN_NAME_LENGTH_MAX && shards > 1) {
            shards--;
        }
        return shards;
    }

    public List<String> tunNames() {
        return IntStream.range(0, shards).mapToObj(this::tunName).toList();
    }

    /// First choice of a shard: those above shard 0's; 0, any, past the last port.
    public int udpPort(int shard) {
        return udpPort + shard <= PORT_MAX ? udpPort + shard : ANY_PORT;
    }

    /// Two tunnels of one host need two tables.
    public String packetFilterTable() {
        return TunNames.table(tunName);
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= PORT_MAX;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
