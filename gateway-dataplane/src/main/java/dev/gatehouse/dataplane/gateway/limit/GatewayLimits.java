package dev.gatehouse.dataplane.gateway.limit;

/// How large the tables may grow, for each client and for all of one shard. A full table refuses
/// what is new, and counts it; only expired NAT sessions make room for newer ones. Of what all may
/// have a client gets no more than an eighth of what is left, and always a little: [SharedLimit].
///
/// The limits of a client are an order of magnitude above what one does that uses a gateway as
/// hard as it can (200 connections of a browser at once, 5,000 names); those for all follow from
/// the memory of the process.
public record GatewayLimits(
        int clientsMax,
        int resourcesPerClientMax,
        Resolutions resolutions,
        Names names,
        Nat nat,
        Fragments fragments) {
    private static final long NAT_SESSION_BYTES = 160;
    private static final long NAME_BYTES = 3_300; // with eight addresses, and as it is reported

    /// Look-ups of names.
    ///
    /// @param perClientMax under way for one client
    /// @param max under way at once (tunnel.md 6.3)
    /// @param waitingPerClientMax requests that wait for their turn: all names of a client at once
    /// @param waitingMax likewise, of all clients
    public record Resolutions(int perClientMax, int max, int waitingPerClientMax, int waitingMax) {
        public Resolutions {
            requirePositive(perClientMax, max, waitingPerClientMax, waitingMax);
        }

        /// @param shards that share the 1,000 look-ups of the process
        public static Resolutions ofShard(int shards) {
            return new Resolutions(100, Math.max(1, 1_000 / shards), 5_200, 100_000);
        }
    }

    /// Names that are set up, each counted once for every resource that serves it.
    ///
    /// @param addressesPerNameMax proxy addresses of a name: clients give it eight
    public record Names(int perClientMax, int max, int addressesPerNameMax) {
        public Names {
            requirePositive(perClientMax, max, addressesPerNameMax);
        }
    }

    /// Translations.
    ///
    /// @param toldPerClientMax that a successor would have
    public record Nat(
            int sessionsPerClientMax,
            int sessionsMax,
            int expiredPerClientMax,
            int expiredMax,
            int toldPerClientMax,
            int toldMax) {
        public Nat {
            requirePositive(
                    sessionsPerClientMax,
                    sessionsMax,
                    expiredPerClientMax,
                    expiredMax,
                    toldPerClientMax,
                    toldMax);
        }
    }

    /// @param datagramsPerClientMax of which something is remembered
    /// @param datagramsMax likewise, of all clients
    /// @param heldPerClientMax pieces that wait for the first one of theirs
    /// @param heldMax likewise, of all clients
    public record Fragments(
            int datagramsPerClientMax, int datagramsMax, int heldPerClientMax, int heldMax) {
        public Fragments {
            requirePositive(datagramsPerClientMax, datagramsMax, heldPerClientMax, heldMax);
        }

        public static Fragments defaults() {
            return new Fragments(256, 8_192, 64, 1_024);
        }
    }

    public GatewayLimits {
        requirePositive(clientsMax, resourcesPerClientMax);
    }

    private static void requirePositive(int... limits) {
        for (int limit : limits) {
            if (limit < 1) {
                throw new IllegalArgumentException("limits must be positive");
            }
        }
    }

    public GatewayLimits with(Resolutions other) {
        return new GatewayLimits(clientsMax, resourcesPerClientMax, other, names, nat, fragments);
    }

    public GatewayLimits with(Names other) {
        return new GatewayLimits(
                clientsMax, resourcesPerClientMax, resolutions, other, nat, fragments);
    }

    public GatewayLimits with(Nat other) {
        return new GatewayLimits(
                clientsMax, resourcesPerClientMax, resolutions, names, other, fragments);
    }

    public GatewayLimits with(Fragments other) {
        return new GatewayLimits(clientsMax, resourcesPerClientMax, resolutions, names, nat, other);
    }

    /// Of one shard alone, with 4 GiB.
    public static GatewayLimits defaults() {
        return ofShard(4L << 30, 1);
    }

    /// Translations take up to an eighth of the memory, names up to half of it.
    ///
    /// @param heapBytes that the process may take
    /// @param shards among which it is divided
    public static GatewayLimits ofShard(long heapBytes, int shards) {
        long bytes = heapBytes / shards;
        int sessions = within(bytes / 8 / NAT_SESSION_BYTES, 1 << 17, 1 << 24);
        int names = within(bytes / 2 / NAME_BYTES, 1 << 16, 1 << 22);
        return new GatewayLimits(
                65_536,
                16_384,
                Resolutions.ofShard(shards),
                new Names(16_384, names, 16),
                new Nat(32_768, sessions, 32_768, sessions / 2, 4_096, 131_072),
                Fragments.defaults());
    }

    private static int within(long wanted, int min, int max) {
        return Math.clamp(wanted, min, max);
    }
}
