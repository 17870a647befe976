package dev.gatehouse.portal.hub.admission;

import dev.gatehouse.portal.state.Role;
import java.time.Duration;

/// How many peers a portal holds, and how much of that one token may take.
///
/// A token is often many peers': a thousand service clients may share one, and the gateways of a
/// site do. The defaults are several times that; who has more raises them.
///
/// @param sessions in all
/// @param clientSessions of one token of clients
/// @param peerSessions of one token of gateways or relays
/// @param devices rows of one actor or site
/// @param deviceExpiry after so long unseen a row goes; zero: never
public record PlaceLimits(
        int sessions, int clientSessions, int peerSessions, int devices, Duration deviceExpiry) {
    /// For a portal with a few thousand peers.
    public static final PlaceLimits DEFAULT =
            new PlaceLimits(10_000, 5_000, 500, 10_000, Duration.ofDays(90));

    /// Of the sessions, what clients leave to gateways and relays.
    private static final int RESERVED_SHARE = 10;

    /// Sessions of clients, in all.
    int allClients() {
        return sessions - sessions / RESERVED_SHARE;
    }

    int sessionsOfToken(Role role) {
        return role == Role.CLIENT ? clientSessions : peerSessions;
    }
}
