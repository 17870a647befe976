package dev.gatehouse.relay.server.policy;

/// Ceilings of a relay's memory and of what strangers may make it send. All are counted when hit.
///
/// @param noncesMax client sockets whose nonce is remembered, with credentials and without as many;
///     the one unused for longest goes first
/// @param channelsMax channels of all clients together; beyond, ChannelBind gets 508, and beyond
///     three quarters of it whoever has [#CHANNELS_OF_ONE_ALWAYS] already
/// @param unauthenticatedRepliesPerSecond replies without valid credentials to one source address
///     (IPv4) or network (IPv6, /64); beyond, requests get no answer
/// @param unauthenticatedBurst such replies that may come at once
public record RelayLimits(
        int noncesMax,
        int channelsMax,
        int unauthenticatedRepliesPerSecond,
        int unauthenticatedBurst) {
    public static final RelayLimits DEFAULT = new RelayLimits(65_536, 262_144, 1_000, 5_000);

    /// Channels that one may have even if few are left: ten times those of a client.
    public static final int CHANNELS_OF_ONE_ALWAYS = 64;

    public RelayLimits {
        if (noncesMax < 1 || channelsMax < 1) {
            throw new IllegalArgumentException("limits must be positive");
        }
        if (unauthenticatedRepliesPerSecond < 1 || unauthenticatedBurst < 1) {
            throw new IllegalArgumentException("limits must be positive");
        }
    }
}
