package dev.gatehouse.relay.server;

import dev.gatehouse.relay.server.allocation.ActionQueue;
import dev.gatehouse.relay.server.allocation.Allocations;
import dev.gatehouse.relay.server.allocation.Deadlines;
import dev.gatehouse.relay.server.allocation.RelayAction;
import dev.gatehouse.relay.server.data.DataPath;
import dev.gatehouse.relay.server.login.Authenticator;
import dev.gatehouse.relay.server.login.LongTermKeys;
import dev.gatehouse.relay.server.login.Nonces;
import dev.gatehouse.relay.server.policy.PeerFilter;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.request.AttributeFault;
import dev.gatehouse.relay.server.request.TurnRequests;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.Decoded;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.SourceBuckets;
import java.util.Collection;
import java.util.random.RandomGenerator;

/// A STUN and TURN server for ChannelData over UDP. Sans-IO: reads no clock, owns no socket.
///
/// Every datagram comes in through [#handleDatagrams]; what is to be done comes out of
/// [#pollAction]. The law for callers: one input, drain all actions, wait. Requests may allocate
/// memory, relayed data does not. Not thread-safe: owned by one shard.
public final class RelayServer {
    public static final long NEVER = Deadlines.NEVER;

    /// Bytes: requests have 200, and fit into a datagram that no network cuts.
    static final int MESSAGE_LENGTH_MAX = 2_048;

    private final RelayConfig config;
    private final ActionQueue actions = new ActionQueue();
    private final RelayStatistics statistics = new RelayStatistics();
    private final PeerFilter peers;
    private final Allocations allocations;
    private final TurnRequests requests;
    private final DataPath dataPath;

    /// @param unixOriginNs unix time at `nowNs` 0, for the expiry of credentials
    public RelayServer(
            RelayConfig config, LongTermKeys keys, RandomGenerator random, long unixOriginNs) {
        this.config = config;
        var limits = config.limits();
        var nonces = new Nonces(limits.noncesMax(), random, statistics);
        long salt = random.nextLong();
        var strangers =
                new SourceBuckets(
                        limits.unauthenticatedRepliesPerSecond(),
                        limits.unauthenticatedBurst(),
                        salt);
        peers = new PeerFilter(config);
        allocations = new Allocations(config, random, actions, statistics, salt);
        requests =
                new TurnRequests(
                        config,
                        new Authenticator(keys, nonces, unixOriginNs),
                        allocations,
                        peers,
                        actions,
                        statistics,
                        strangers);
        dataPath = new DataPath(config, allocations, peers, actions, statistics);
    }

    /// Takes datagrams that clients sent to the listening port, or peers to an allocated one.
    ///
    /// The packets lie in ascending order in their buffer, which is overwritten. The actions that
    /// follow refer to it: drain them before it is filled again.
    public void handleDatagrams(DatagramBatch in, long nowNs) {
        if (actions.isDrained()) {
            dataPath.handleDrained();
        }
        handleTimeout(nowNs);
        if (in.remote().port() == 0) {
            statistics.count(RelayCounter.DROPPED_PORT_ZERO, in.packets().count());
        } else if (in.local().port() == config.listenPort()) {
            handleFromClient(in, nowNs);
        } else {
            handleFromPeer(in, nowNs);
        }
    }

    private void handleFromClient(DatagramBatch in, long nowNs) {
        var packets = in.packets();
        for (int i = 0; i < packets.count(); ) {
            byte first = packets.length(i) == 0 ? -1 : packets.buffer().get(packets.offset(i));
            if (ChannelData.isChannelData(first)) {
                i = dataPath.relayToPeer(in, i, nowNs);
            } else {
                handleMessage(in, i, first, nowNs);
                i++;
            }
        }
    }

    private void handleMessage(DatagramBatch in, int i, byte first, long nowNs) {
        if (first < 0 || first > 3) {
            statistics.count(RelayCounter.DROPPED_UNKNOWN_PROTOCOL, 1);
            return;
        }
        var buffer = in.packets().buffer();
        int offset = in.packets().offset(i);
        int length = in.packets().length(i);
        if (length > MESSAGE_LENGTH_MAX) {
            statistics.count(RelayCounter.DROPPED_OVERSIZED_MESSAGE, 1);
            return;
        }
        switch (StunMessage.decode(buffer, offset, length)) {
            case StunMessage message -> {
                int fault = AttributeFault.of(message, buffer, offset, length);
                requests.handle(message, fault, in.local(), in.remote(), nowNs);
            }
            case Decoded.Rejected _ -> statistics.count(RelayCounter.DROPPED_MALFORMED_STUN, 1);
        }
    }

    private void handleFromPeer(DatagramBatch in, long nowNs) {
        var allocation = allocations.ofPort(in.local().port());
        if (allocation == null) {
            statistics.count(RelayCounter.DROPPED_NO_ALLOCATION, in.packets().count());
            return;
        }
        dataPath.relayToClient(in, allocation, nowNs);
    }

    /// Gives up the allocation of a port that could not be opened, and withdraws the reply that
    /// announces it: the client asks again and gets another port.
    public void handlePortFailed(int port) {
        var allocation = allocations.ofPort(port);
        if (allocation != null) {
            statistics.count(RelayCounter.PORTS_FAILED, 1);
            actions.withdraw(allocation);
            allocations.remove(allocation);
        }
    }

    /// The addresses of the relay's host: no client may reach them through the relay.
    public void handleOwnAddresses(Collection<IpAddress> addresses) {
        peers.handleOwnAddresses(addresses);
    }

    /// Whether another relay with such an address, or its clients, could be relayed to.
    public boolean isReachableNetwork(IpAddress address) {
        return peers.isAllowedForOthers(address);
    }

    /// Refuses new allocations with 508 (Insufficient Capacity), which sends a peer to another
    /// relay; those in being go on, refreshes and channels included.
    public void drain() {
        requests.drain();
    }

    public void handleTimeout(long nowNs) {
        allocations.handleTimeout(nowNs);
    }

    /// The next `nowNs` at which [#handleTimeout] has work, or [#NEVER].
    public long pollTimeout() {
        return allocations.pollTimeout();
    }

    /// The next thing to do, in order, or null when drained.
    public RelayAction pollAction() {
        return actions.poll();
    }

    /// Live totals, for the owner thread.
    public RelayStatistics statistics() {
        return statistics;
    }
}
