package dev.gatehouse.dataplane.gateway;

/// How large the tables may grow. A full table refuses what is new, and counts it; only expired NAT
/// sessions make room for newer ones.
///
/// @param natToldPerClientMax translations of a client that a successor would have
/// @param natToldMax likewise, of all clients
/// @param fragments of datagrams that come in pieces
public record GatewayLimits(
        int clientsMax,
        int resourcesPerClientMax,
        int resolutionsMax,
        int proxiesPerClientMax,
        int natSessionsPerClientMax,
        int expiredSessionsPerClientMax,
        int natToldPerClientMax,
        int natToldMax,
        Fragments fragments) {
    /// @param datagramsPerClientMax of which something is remembered
    /// @param datagramsMax likewise, of all clients
    /// @param heldPerClientMax pieces that wait for the first one of theirs
    /// @param heldMax likewise, of all clients
    public record Fragments(
            int datagramsPerClientMax, int datagramsMax, int heldPerClientMax, int heldMax) {
        public Fragments {
            if (datagramsPerClientMax < 1
                    || datagramsMax < 1
                    || heldPerClientMax < 1
                    || heldMax < 1) {
                throw new IllegalArgumentException("limits must be positive");
            }
        }

        public static Fragments defaults() {
            return new Fragments(256, 8_192, 64, 1_024);
        }
    }

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
        return new GatewayLimits(
                65_536, 16_384, 1_000, 65_536, 32_768, 32_768, 4_096, 65_536, Fragments.defaults());
    }
}
