package dev.gatehouse.dataplane;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// All settings of one data plane process, checked on construction.
///
/// @param rpcSocket at most 107 bytes; its folder is private to us
/// @param rpcPeerUid the user besides our own that may connect
/// @param udpPort first choice; a snapshot's port goes before it
/// @param httpHost address of probes and metrics
/// @param aead which implementation of the cipher; empty: the best
/// @param offloads whether packets move in batches between kernel and process, where it can
record DataplaneConfig(
        Path rpcSocket,
        OptionalInt rpcPeerUid,
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
        boolean offloads) {
    static final int MTU = 1280;
    static final int RPC_PATH_BYTES_MAX = 107;

    DataplaneConfig {
        require(
                rpcSocket.toString().getBytes().length <= RPC_PATH_BYTES_MAX,
                "rpc-socket (GATEHOUSE_RPC_SOCKET) must be at most 107 bytes long");
        require(
                rpcSocket.isAbsolute() && rpcSocket.getNameCount() > 1,
                "rpc-socket (GATEHOUSE_RPC_SOCKET) must be absolute, in a folder of its own");
        require(
                tunName.matches("[A-Za-z0-9_.-]{1,15}"),
                "tun-name (GATEHOUSE_TUN_NAME) must be 1 to 15 of A-Z a-z 0-9 _ . -");
        require(isPort(udpPort), "udp-port (GATEHOUSE_UDP_PORT) must be 1 to 65535");
        require(isPort(httpPort), "http (GATEHOUSE_DATAPLANE_HTTP) needs a port of 1 to 65535");
        require(
                sendBufferBytes >= 1 << 16 && receiveBufferBytes >= 1 << 16,
                "UDP buffers (FIREZONE_UDP_SEND_BUFFER_SIZE, FIREZONE_UDP_RECV_BUFFER_SIZE)"
                        + " must be at least 65536 bytes");
    }

    /// Two tunnels of one host need two tables.
    String packetFilterTable() {
        return tunName.equals(DataplaneCommand.DEFAULT_TUN_NAME)
                ? "gatehouse"
                : "gatehouse_" + tunName.replaceAll("[^A-Za-z0-9]", "_");
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= 0xFFFF;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
