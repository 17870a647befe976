package dev.gatehouse.relay;

import dev.gatehouse.relay.server.RelayServer;
import dev.gatehouse.relay.server.allocation.RelayAction;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.transport.loop.Agent;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.loop.Shard;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpAddress.Family;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one thread that owns the sockets and the [RelayServer] of a relay.
final class RelayAgent implements Agent<Runnable> {
    private static final Logger LOG = LoggerFactory.getLogger(RelayAgent.class);
    private static final int BATCHES_PER_SOCKET_MAX = 16;
    private static final long NS_PER_SECOND = 1_000_000_000;
    private static final int QUIET_SECONDS = 10;

    private final RelayServer server;
    private final Poller poller;
    private final RelaySockets sockets;
    private final IpAddress bindV4;
    private final IpAddress bindV6;
    private final DatagramBatch batch = UdpSocket.newBatch();
    private long nextPublishNs;
    private final LoadReport report = new LoadReport();

    private CompletableFuture<Void> empty; // null unless draining
    private long drainedBytes = -1;
    private int quietSeconds;

    /// Read by other threads; replaced every second.
    private volatile RelayStatistics published = new RelayStatistics();

    RelayAgent(RelayServer server, Poller poller, IpAddress bindV4, IpAddress bindV6) {
        this.server = server;
        this.poller = poller;
        this.bindV4 = bindV4;
        this.bindV6 = bindV6;
        sockets = new RelaySockets(poller);
    }

    /// Opens the listening sockets, one for each family with a public address; before the shard
    /// starts, so that a taken port is reported as a mistake of configuration.
    void listen(RelayConfig config) throws IOException {
        for (var family : Family.values()) {
            if (config.publicAddress(family).isPresent()) {
                sockets.openListener(new Endpoint(bindAddress(family), config.listenPort()));
            }
        }
    }

    private IpAddress bindAddress(Family family) {
        return switch (family) {
            case IPV4 -> bindV4;
            case IPV6 -> bindV6;
        };
    }

    /// The totals of at most a second ago; any thread may ask.
    RelayStatistics statistics() {
        return published;
    }

    /// Refuses new allocations and waits until the last one is gone, nothing was relayed for 10 s,
    /// or the time is over. For another thread than the shard's, which ends after this.
    void awaitEmpty(Shard<Runnable> shard, Duration limit) throws InterruptedException {
        var done = new CompletableFuture<Void>();
        boolean accepted =
                shard.post(
                        () -> {
                            server.drain();
                            empty = done;
                            nextPublishNs = 0;
                        });
        if (!accepted) {
            return;
        }
        try {
            done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            LOG.info("{} allocations end with this relay", statistics().allocations());
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /// For another thread than the shard's. Does nothing once the shard has ended.
    void postOwnAddresses(Shard<Runnable> shard, Set<IpAddress> addresses) {
        shard.post(() -> server.handleOwnAddresses(addresses));
    }

    @Override
    public void handleCommand(Runnable command, long nowNs) {
        command.run();
    }

    @Override
    public int doWork(long nowNs) throws IOException {
        int ready = poller.poll(0);
        for (int i = 0; i < ready; i++) {
            var socket = sockets.ofDescriptor(poller.readyFd(i));
            if (socket != null && poller.isWritable(i)) {
                sockets.flush(socket);
            }
            if (socket != null && poller.isReadable(i)) {
                read(socket, nowNs);
            }
        }
        return ready;
    }

    private void read(UdpSocket socket, long nowNs) throws IOException {
        for (int i = 0; i < BATCHES_PER_SOCKET_MAX; i++) {
            if (socket.receive(batch) == 0) {
                return;
            }
            server.handleDatagrams(batch, nowNs);
            executeAll();
        }
    }

    private void executeAll() throws IOException {
        for (var action = server.pollAction(); action != null; action = server.pollAction()) {
            switch (action) {
                case RelayAction.Send(var datagrams) -> sockets.send(datagrams);
                case RelayAction.OpenPort(int port, var family) -> openPort(port, family);
                case RelayAction.ClosePort(int port, var family) -> sockets.close(port, family);
            }
        }
    }

    private void openPort(int port, Family family) {
        try {
            sockets.openAllocation(new Endpoint(bindAddress(family), port));
        } catch (IOException e) {
            LOG.warn("cannot open an allocation port, giving it up: {}", e.getMessage());
            server.handlePortFailed(port);
        }
    }

    @Override
    public void handleTimeout(long nowNs) throws IOException {
        server.handleTimeout(nowNs);
        executeAll();
        if (nowNs >= nextPublishNs) {
            nextPublishNs = nowNs + NS_PER_SECOND;
            publish(nowNs);
        }
    }

    private void publish(long nowNs) {
        var statistics = server.statistics().copy();
        published = statistics;
        if (empty != null && isQuiet(statistics)) {
            empty.complete(null);
        }
        report.of(statistics, nowNs).ifPresent(LOG::info);
    }

    /// Peers that took another relay do not give back what they had here, they fall silent.
    private boolean isQuiet(RelayStatistics statistics) {
        long bytes = statistics.get(RelayCounter.RELAYED_BYTES);
        quietSeconds = bytes == drainedBytes ? quietSeconds + 1 : 0;
        drainedBytes = bytes;
        return statistics.allocations() == 0 || quietSeconds >= QUIET_SECONDS;
    }

    @Override
    public long pollTimeout() {
        return Math.min(server.pollTimeout(), nextPublishNs);
    }

    @Override
    public void stop(long nowNs) {
        sockets.close();
    }

    /// For whoever opened sockets and never started a shard.
    void abandon() {
        sockets.close();
        poller.close();
    }
}
