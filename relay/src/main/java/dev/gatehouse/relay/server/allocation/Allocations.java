package dev.gatehouse.relay.server.allocation;

import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.relay.server.policy.SourceShares;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress.Family;
import dev.gatehouse.wire.LookupTable;
import java.util.List;
import java.util.random.RandomGenerator;

/// All allocations, found by client socket, by user and by port; ends them in time.
public final class Allocations {
    private static final int DRAWS_MAX = 64;

    private final RelayConfig config;
    private final RandomGenerator random;
    private final ActionQueue actions;
    private final RelayStatistics statistics;
    private final Deadlines deadlines = new Deadlines();
    private final LookupTable<Endpoint, Allocation> byClient = new LookupTable<>();
    private final LookupTable<String, Allocation> byUser = new LookupTable<>();
    private final Allocation[] byPort;
    private final SourceShares shares;
    private final int capacity;
    private int channels;

    public Allocations(
            RelayConfig config,
            RandomGenerator random,
            ActionQueue actions,
            RelayStatistics statistics,
            long salt) {
        this.config = config;
        this.random = random;
        this.actions = actions;
        this.statistics = statistics;
        byPort = new Allocation[config.highestPort() - config.lowestPort() + 1];
        capacity = isInRange(config.listenPort()) ? byPort.length - 1 : byPort.length;
        shares = new SourceShares(capacity, salt);
    }

    public SourceShares shares() {
        return shares;
    }

    /// Null if that socket has none.
    public Allocation ofClient(Endpoint client) {
        return byClient.get(client);
    }

    /// Null if that user has none.
    public Allocation ofUser(String user) {
        return byUser.get(user);
    }

    /// Null if that port is not allocated.
    public Allocation ofPort(int port) {
        return isInRange(port) ? byPort[port - config.lowestPort()] : null;
    }

    /// The allocation whose relayed address `peer` is, or null. Runs per packet.
    public Allocation ofRelayed(Endpoint peer) {
        var ours = config.publicAddress(peer.family());
        return ours.isPresent() && peer.address().equals(ours.get()) ? ofPort(peer.port()) : null;
    }

    private boolean isInRange(int port) {
        return port >= config.lowestPort() && port <= config.highestPort();
    }

    public boolean isFull() {
        return byClient.size() == capacity;
    }

    /// Whether `allocation` gets no other channel: none is left, or few, and it has many.
    public boolean areChannelsFull(Allocation allocation) {
        long max = config.limits().channelsMax();
        boolean hasMany = allocation.channelCount() >= RelayLimits.CHANNELS_OF_ONE_ALWAYS;
        return channels >= max || hasMany && channels >= max * 3 / 4;
    }

    /// Makes an allocation on a random free port; the caller checked that there is one, and opens
    /// it.
    public Allocation add(
            Endpoint client, Endpoint listener, String user, List<Family> families, long expiryNs) {
        var allocation = new Allocation(client, listener, user, drawPort(), families, config);
        byClient.put(client, allocation);
        byUser.put(user, allocation);
        byPort[allocation.port - config.lowestPort()] = allocation;
        shares.handleAllocated(client.address());
        refresh(allocation, listener, expiryNs);
        return allocation;
    }

    /// Uniform; in a crowded range the next free one above the last draw.
    private int drawPort() {
        int port = 0;
        for (int i = 0; i < DRAWS_MAX; i++) {
            port = random.nextInt(config.lowestPort(), config.highestPort() + 1);
            if (isFree(port)) {
                return port;
            }
        }
        while (!isFree(port)) {
            port = port == config.highestPort() ? config.lowestPort() : port + 1;
        }
        return port;
    }

    private boolean isFree(int port) {
        return port != config.listenPort() && ofPort(port) == null;
    }

    public void refresh(Allocation allocation, Endpoint listener, long expiresAtNs) {
        allocation.refresh(listener, expiresAtNs);
        deadlines.arm(allocation);
        updateGauges();
    }

    /// Ends an allocation with its channels and closes its port.
    public void remove(Allocation allocation) {
        allocation.channels().forEach(this::remove);
        deadlines.disarm(allocation);
        byClient.remove(allocation.client);
        byUser.remove(allocation.user);
        shares.handleFreed(allocation.client.address());
        byPort[allocation.port - config.lowestPort()] = null;
        for (var family : allocation.families) {
            actions.add(new RelayAction.ClosePort(allocation.port, family));
        }
        updateGauges();
    }

    /// Binds `channel`, which is either in use for the same pair or free, for its full time.
    public void bind(Channel channel, long nowNs) {
        if (channel.allocation.channel(channel.number) == null) {
            channel.allocation.add(channel);
            channels++;
        }
        channel.bind(nowNs);
        deadlines.arm(channel);
        updateGauges();
    }

    private void remove(Channel channel) {
        channel.allocation.remove(channel);
        deadlines.disarm(channel);
        channels--;
    }

    public void handleTimeout(long nowNs) {
        for (var due = deadlines.pollDue(nowNs); due != null; due = deadlines.pollDue(nowNs)) {
            switch (due) {
                case Allocation allocation -> remove(allocation);
                case Channel channel -> remove(channel);
            }
            updateGauges();
        }
    }

    public long pollTimeout() {
        return deadlines.nextNs();
    }

    private void updateGauges() {
        statistics.setGauges(byClient.size(), channels);
    }
}
