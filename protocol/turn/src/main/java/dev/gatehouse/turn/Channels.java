package dev.gatehouse.turn;

import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.wire.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// The channels of one allocation by number and by peer, tunnel.md section 3.6.
///
/// Bounded by the 4,096 channel numbers; when none is free, [#open] refuses.
final class Channels {
    private static final int NUMBERS = ChannelData.MAX - ChannelData.MIN + 1;
    static final long NEVER = Long.MAX_VALUE;
    private static final long FULL_FOR_NS = Duration.ofSeconds(1).toNanos();

    private final Channel[] byNumber = new Channel[NUMBERS];
    private final NavigableMap<Endpoint, Channel> byPeer = new TreeMap<>();
    private int next;
    private long nextCheckNs = NEVER;
    private int revision;
    private long fullUntilNs;

    /// The channel with `number`, or null. Runs per packet.
    Channel get(int number) {
        return ChannelData.isChannel(number) ? byNumber[number - ChannelData.MIN] : null;
    }

    /// The newest channel to `peer`, or null.
    Channel get(Endpoint peer) {
        return byPeer.get(peer);
    }

    /// A new channel under the next free number. When none was, the next second asks no further:
    /// who sends to a peer without a channel asks with each packet.
    Optional<Channel> open(Endpoint peer, long nowNs) {
        for (int tried = nowNs < fullUntilNs ? NUMBERS : 0; tried < NUMBERS; tried++) {
            int index = next;
            next = (next + 1) % NUMBERS;
            var old = byNumber[index];
            if (old == null || old.isNumberReusable(nowNs)) {
                if (old != null) {
                    forget(old);
                }
                return Optional.of(put(new Channel(index + ChannelData.MIN, peer)));
            }
        }
        fullUntilNs = Math.max(fullUntilNs, nowNs + FULL_FOR_NS);
        return Optional.empty();
    }

    private Channel put(Channel channel) {
        byNumber[channel.number() - ChannelData.MIN] = channel;
        byPeer.put(channel.peer(), channel);
        return channel;
    }

    void restore(Channel channel) {
        put(channel);
        revision++;
        scheduleCheck(channel);
        next = (channel.number() - ChannelData.MIN + 1) % NUMBERS;
    }

    void confirm(Channel channel, long sentAtNs) {
        channel.confirm(sentAtNs);
        revision++;
        scheduleCheck(channel);
    }

    private void scheduleCheck(Channel channel) {
        long checkNs = channel.confirmedAtNs() + Channel.REFRESH_AFTER_NS;
        nextCheckNs = Math.min(nextCheckNs, checkNs);
    }

    void forget(Channel channel) {
        channel.forget();
        fullUntilNs = 0;
        revision++;
        int index = channel.number() - ChannelData.MIN;
        if (byNumber[index] == channel) {
            byNumber[index] = null;
        }
        byPeer.remove(channel.peer(), channel);
    }

    /// Forgets every channel; the next number goes on from here.
    void clear() {
        for (var channel : list()) {
            forget(channel);
        }
        nextCheckNs = NEVER;
    }

    /// When some channel turns old enough to be refreshed, or [#NEVER].
    long nextCheckNs() {
        return nextCheckNs;
    }

    /// The channels to refresh. One that is silent by then is looked at when data arrives.
    List<Channel> pollRefreshes(long nowNs) {
        var due = new ArrayList<Channel>();
        if (nowNs < nextCheckNs) {
            return due;
        }
        nextCheckNs = NEVER;
        for (var channel : list()) {
            if (channel.wantsRefresh(nowNs)) {
                due.add(channel);
            } else if (channel.isConfirmed()
                    && nowNs < channel.confirmedAtNs() + Channel.REFRESH_AFTER_NS) {
                scheduleCheck(channel);
            }
        }
        return due;
    }

    /// The confirmed ones, as a successor needs them.
    List<RelaySnapshot.ChannelSnapshot> snapshots(long nowNs) {
        return list().stream()
                .filter(Channel::isConfirmed)
                .map(
                        c ->
                                new RelaySnapshot.ChannelSnapshot(
                                        c.number(), c.peer(), nowNs - c.confirmedAtNs()))
                .toList();
    }

    /// Differs from what it was before whenever a channel was confirmed or forgotten.
    int revision() {
        return revision;
    }

    /// In order of their numbers.
    List<Channel> list() {
        var list = new ArrayList<Channel>(byPeer.size());
        for (var channel : byNumber) {
            if (channel != null) {
                list.add(channel);
            }
        }
        return list;
    }
}
