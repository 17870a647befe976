package dev.gatehouse.controlplane;

import dev.gatehouse.channel.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// All settings of one control plane process, checked on construction.
///
/// @param leaveDataplane end without telling the data plane to
record ControlplaneConfig(
        URI apiUrl,
        Secret token,
        String externalId,
        String name,
        Path rpcSocket,
        String probeHost,
        int probePort,
        Duration maxPartition,
        Optional<Path> caFile,
        boolean leaveDataplane) {
    private static final int SOCKET_PATH_LENGTH_MAX = 107; // sizeof(sun_path) - 1
    private static final int NAME_LENGTH_MAX = 255;

    ControlplaneConfig {
        require(
                !name.isBlank() && name.length() <= NAME_LENGTH_MAX,
                "the name must have 1 to 255 characters: set FIREZONE_NAME");
        require(
                rpcSocket.toString().length() <= SOCKET_PATH_LENGTH_MAX,
                "GATEHOUSE_RPC_SOCKET is too long: at most 107 bytes");
        require(
                probePort >= 0 && probePort <= 65_535,
                "HEALTH_CHECK_ADDR needs a port from 0 to 65535");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
