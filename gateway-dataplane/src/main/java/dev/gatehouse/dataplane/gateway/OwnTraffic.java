package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.nat.Translation;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import dev.gatehouse.wire.TokenBucket;
import java.util.Arrays;

/// What one client does with the gateway's own addresses in the tunnel (tunnel.md 8.3): it asks the
/// DNS server there and pings, and nothing else. What comes in the gateway's name passes if the
/// client has asked for it within a minute, so that a stranger on the gateway's link, who borrows
/// the gateway's address, passes no filter.
///
/// A bit for each of the client's ports and echo identifiers, in two periods of a minute: exact,
/// and 56 KiB at the most, whatever the client does; a few hundred bytes for one that asks now and
/// then. Owned by the shard's thread.
final class OwnTraffic {
    static final int DNS_PORT = 53_535;

    /// Ten times what a browser's tabs ask at once; enough for TCP, where acknowledgements count.
    static final int PACKETS_PER_SECOND = 2_000;

    static final int BURST = 4_000;

    private static final long PERIOD_NS = 60_000_000_000L;
    private static final int PAGE_BITS = 10;
    private static final int PAGES_OF_KIND = 1 << 16 - PAGE_BITS;
    private static final int KINDS = 3;

    private final TokenBucket bucket = new TokenBucket(PACKETS_PER_SECOND, BURST);
    private long[][] current = new long[KINDS * PAGES_OF_KIND][]; // a page is null if it is empty
    private long[][] before = new long[KINDS * PAGES_OF_KIND][];
    private long period;

    /// Whether the gateway answers such a packet at all.
    static boolean isServed(IpPacket packet) {
        return packet.hasPorts() ? packet.destinationPort() == DNS_PORT : packet.isEchoRequest();
    }

    /// Notes a packet that [#isServed]. False if there are too many of them.
    boolean ask(IpPacket packet, long nowNs) {
        if (!bucket.take(nowNs)) {
            return false;
        }
        turn(nowNs);
        int id = Translation.insideId(packet);
        int at = page(Translation.kind(packet), id);
        if (current[at] == null) {
            current[at] = new long[(1 << PAGE_BITS) / Long.SIZE];
        }
        current[at][word(id)] |= 1L << id;
        return true;
    }

    /// Whether a packet from the gateway to the client answers something.
    boolean isAnswer(IpPacket packet, long nowNs) {
        boolean isOfService =
                packet.hasPorts() ? packet.sourcePort() == DNS_PORT : packet.isEchoReply();
        return isOfService
                && isAsked(Translation.kind(packet), Translation.outsideId(packet), nowNs);
    }

    /// @param kind as [Translation#kind]
    /// @param id the client's port or echo identifier
    boolean isAsked(int kind, int id, long nowNs) {
        turn(nowNs);
        int at = page(kind, id);
        return isSet(current[at], id) || isSet(before[at], id);
    }

    private static boolean isSet(long[] page, int id) {
        return page != null && (page[word(id)] >>> id & 1) != 0;
    }

    private static int page(int kind, int id) {
        int index =
                switch (kind) {
                    case IpProtocol.TCP -> 0;
                    case IpProtocol.UDP -> 1;
                    default -> 2;
                };
        return index * PAGES_OF_KIND + (id >>> PAGE_BITS);
    }

    private static int word(int id) {
        return id >>> 6 & (1 << PAGE_BITS - 6) - 1;
    }

    private void turn(long nowNs) {
        long now = nowNs / PERIOD_NS;
        if (now == period) {
            return;
        }
        var oldest = before;
        before = current;
        current = oldest;
        Arrays.fill(current, null);
        if (now > period + 1) {
            Arrays.fill(before, null);
        }
        period = now;
    }
}
