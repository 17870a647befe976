package dev.gatehouse.dataplane.gateway;

/// How large the tables may grow. A full table refuses what is new, and counts it; only expired NAT
/// sessions make room for newer ones.
///
/// @param natToldPerClientMax translations of a client that a successor would have
/// @param natToldMax likewise, of all clients
public record GatewayLimits(
        int clientsMax,
        int resourcesPerClientMax,
        int resolutionsMax,
        int proxiesPerClientMax,
        int natSessionsPerClientMax,
        int expiredSessionsPerClientMax,
        int natToldPerClientMax,
        int natToldMax) {
    public GatewayLimits {
        if (clientsMax < 1
                || resourcesPerClientMax < 1
                || resolutionsMax < 1
                || proxiesPerClientMax < 1
                || natSessionsPerClientMax < 1
                || expiredSessionsPerClientMax < 1
                || natToldPerClientMax < 1
                || natToldMax < 1) {
            throw new IllegalArgumentException("limits must be positive");
        }
    }

    public static GatewayLimits defaults() {
        return new GatewayLimits(65_536, 16_384, 1_000, 65_536, 32_768, 32_768, 4_096, 65_536);
    }
}
