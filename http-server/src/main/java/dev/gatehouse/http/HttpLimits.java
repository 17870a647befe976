package dev.gatehouse.http;

import java.time.Duration;

/// What one listener grants those whom nobody vouches for.
///
/// @param connections in all; never more than half of the files that the process may open
/// @param prefixConnections of one IPv4 address or IPv6 /56
/// @param knownConnections beside the others, for addresses of peers that were here before
/// @param header until a whole first request is there, with the TLS handshake if there is one
/// @param answer until a request is answered
/// @param keepAlive until the next request of the same connection is there
public record HttpLimits(
        int connections,
        int prefixConnections,
        int knownConnections,
        Duration header,
        Duration answer,
        Duration keepAlive) {
    private static final Duration HEADER = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(30);

    /// Longer than the minute that many scrapers and proxies wait.
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(75);

    /// For probes and metrics: a kubelet, a handful of scrapers, each with a connection or two.
    public static final HttpLimits PROBES = new HttpLimits(256, 64, 64, HEADER, ANSWER, KEEP_ALIVE);

    /// For peers. An office of a thousand behind one address comes back at once after a restart; a
    /// connection is a stranger's for some milliseconds, until its token is judged.
    public static final HttpLimits PEERS =
            new HttpLimits(4096, 2048, 2048, HEADER, ANSWER, KEEP_ALIVE);

    /// For an administrator; a backup may take minutes.
    public static final HttpLimits ADMINISTRATION =
            new HttpLimits(64, 64, 64, HEADER, Duration.ofMinutes(15), KEEP_ALIVE);
}
