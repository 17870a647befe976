package dev.gatehouse.portal.hub.limit;

import dev.gatehouse.wire.TokenBucket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// How many flow requests of one connection are judged. What comes beyond gets no answer, upon
/// which clients ask again after 2 s at the earliest (portal-channel.md 4.3); an answer `offline`
/// would make clients of October 2025 ask with their next packet.
///
/// A client may ask for all its resources at once, and for each of them some times in a row.
final class RequestLimits {
    private static final int ALL_PER_SECOND = 100;
    private static final int ALL_BURST = 2_000;
    private static final int ONE_PER_SECOND = 1;
    private static final int ONE_BURST = 5;
    private static final int UNKNOWN_PER_SECOND = 5;
    private static final int UNKNOWN_BURST = 50;
    private static final int SLACK = 64;

    private final TokenBucket all = new TokenBucket(ALL_PER_SECOND, ALL_BURST);

    /// For what is not on the client's list: it may just have been taken off.
    private final TokenBucket unknown = new TokenBucket(UNKNOWN_PER_SECOND, UNKNOWN_BURST);

    private final Map<String, TokenBucket> byResource = new LinkedHashMap<>();

    /// @param listed the ids of the client's resources
    boolean take(String resourceId, Set<String> listed, long nowNs) {
        if (!listed.contains(resourceId)) {
            return unknown.take(nowNs);
        }
        if (byResource.size() > listed.size() + SLACK) {
            byResource.keySet().retainAll(listed);
        }
        return byResource
                        .computeIfAbsent(
                                resourceId, _ -> new TokenBucket(ONE_PER_SECOND, ONE_BURST))
                        .take(nowNs)
                && all.take(nowNs);
    }
}
