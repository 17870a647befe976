package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.flow.Gateway;
import dev.gatehouse.client.state.flow.ResourceEntry;
import dev.gatehouse.client.state.name.ProxyName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.Message;

/// Queries for IPv6 addresses of resources' names that wait for a word of the site, 4.5 s at the
/// most and 1,000 at the most; then all addresses are given.
final class HeldQueries {
    private static final int HELD_MAX = 1000;
    private static final long NEVER = Long.MAX_VALUE;

    /// Less than the 5 s that resolvers wait, enough for most tunnels to be built.
    private static final long HELD_NS = Duration.ofMillis(4_500).toNanos();

    /// A gateway that had this long for an answer is not waited for again for some time.
    private static final long SILENT_AFTER_NS = Duration.ofSeconds(2).toNanos();

    private static final long SILENT_FOR_NS = Duration.ofMinutes(10).toNanos();

    /// What such a query waits for.
    static final class Held {
        final ResourceEntry entry;
        final ProxyName name;
        private final long untilNs;
        private boolean settled;
        private Gateway asked; // null before
        private long askedAtNs;

        private Held(ResourceEntry entry, ProxyName name, long untilNs) {
            this.entry = entry;
            this.name = name;
            this.untilNs = untilNs;
        }

        void handleAsked(Gateway gateway, long nowNs) {
            asked = gateway;
            askedAtNs = nowNs;
        }

        private void handleUnanswered(long nowNs) {
            if (!settled && asked != null && nowNs >= askedAtNs + SILENT_AFTER_NS) {
                asked.handleSilence(nowNs + SILENT_FOR_NS);
            }
        }
    }

    private final DnsReplies replies;
    private final ArrayDeque<Asked> held = new ArrayDeque<>(); // oldest first
    private long refused;

    HeldQueries(DnsReplies replies) {
        this.replies = replies;
    }

    /// Empty if there is no room: then all addresses are given at once.
    Optional<Asked> hold(Asked asked, ResourceEntry entry, ProxyName name, long nowNs) {
        var waiting = asked.withHeld(new Held(entry, name, nowNs + HELD_NS));
        if (held.size() >= HELD_MAX) {
            refused++;
            settle(waiting, Optional.empty(), nowNs);
            return Optional.empty();
        }
        held.add(waiting);
        return Optional.of(waiting);
    }

    /// Those that wait for a word of the site of a resource.
    List<Asked> of(ResourceEntry entry) {
        return held.stream().filter(a -> !a.held().settled && a.held().entry == entry).toList();
    }

    /// The site has told, or will not: gives the reply, if that is not done.
    void settle(Asked asked, Optional<Message> answer, long nowNs) {
        var waiting = asked.held();
        var reply = DnsStub.settle(asked.query(), waiting.name, answer, nowNs);
        if (!waiting.settled) {
            waiting.settled = true;
            replies.reply(asked, reply);
        }
    }

    void handleTimeout(long nowNs) {
        while (!held.isEmpty() && isOver(held.peek().held(), nowNs)) {
            var late = held.remove();
            late.held().handleUnanswered(nowNs);
            settle(late, Optional.empty(), nowNs);
        }
    }

    private static boolean isOver(Held waiting, long nowNs) {
        return waiting.settled || nowNs >= waiting.untilNs;
    }

    long pollTimeout() {
        return held.isEmpty() ? NEVER : held.peek().held().untilNs;
    }

    /// Queries so far for which there was no room.
    long refused() {
        return refused;
    }
}
