package dev.gatehouse.dataplane.shard;

import dev.gatehouse.dataplane.config.DataplaneConfig;
import dev.gatehouse.transport.host.GatewayNetwork;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Leads each client's packets to the TUN device of its shard by host routes; needed only with
/// several shards.
///
/// The tunnel ranges lead to shard 0, so its clients need no route. Of several clients with one
/// address the newest has it, as within a shard. A thread of its own does it, since the kernel may
/// let a change of routes wait. At most [#WAITING_MAX] changes wait; more are lost and counted.
public final class ClientRoutes implements AutoCloseable {
    /// Sets and removes host routes of one shard's device.
    interface Device extends AutoCloseable {
        /// @throws IOException with the kernel's reason
        void add(IpAddress client) throws IOException;

        void remove(IpAddress client) throws IOException;

        /// Sets a route that was set before, if it is missing. Returns true if it was.
        boolean ensure(IpAddress client) throws IOException;

        @Override
        void close();
    }

    private record Placed(int shard, List<IpAddress> addresses) {}

    static final int WAITING_MAX = 65_536;

    private static final Logger LOG = LoggerFactory.getLogger(ClientRoutes.class);
    private static final long CLOSE_WAIT_MS = 1_000;
    private static final long ENSURE_WAIT_MS = 1_000;

    private final IntFunction<Device> open;
    private final Map<Integer, Device> devices = new HashMap<>();
    private final Map<String, Placed> clients = new HashMap<>();
    private final Map<IpAddress, String> owners = new HashMap<>();
    private final AtomicLong failed = new AtomicLong();
    private final ThreadPoolExecutor thread =
            new ThreadPoolExecutor(
                    1,
                    1,
                    0,
                    TimeUnit.SECONDS,
                    new ArrayBlockingQueue<>(WAITING_MAX),
                    Thread.ofPlatform().daemon().name("routes").factory());

    /// @param open the device of a shard, from shard 1 on; called when the shard has opened it
    ClientRoutes(IntFunction<Device> open) {
        this.open = open;
    }

    public static ClientRoutes ofDevices(DataplaneConfig config) {
        return new ClientRoutes(shard -> new TunRoutes(config.tunName(shard)));
    }

    /// Any thread may call; later calls take effect later.
    public void place(int shard, String clientId, IpAddress v4, IpAddress v6) {
        submit(() -> handlePlaced(clientId, new Placed(shard, List.of(v4, v6))));
    }

    /// Any thread may call.
    public void remove(int shard, String clientId) {
        submit(() -> handleGone(shard, clientId));
    }

    /// Sets what is missing of the routes; waits for it. Returns whether any was.
    public boolean ensure() {
        try {
            return thread.submit(this::ensureAll).get(ENSURE_WAIT_MS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException | ExecutionException | TimeoutException e) {
            LOG.debug("routes of clients are not looked at: {}", e.toString());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    private boolean ensureAll() throws IOException {
        boolean any = false;
        for (var owner : owners.entrySet()) {
            var placed = clients.get(owner.getValue());
            if (placed != null && placed.shard > 0) {
                any |= device(placed.shard).ensure(owner.getKey());
            }
        }
        return any;
    }

    /// Changes that the kernel refused, or that were lost.
    public long failed() {
        return failed.get();
    }

    private void submit(Runnable change) {
        try {
            thread.execute(change);
        } catch (RejectedExecutionException _) {
            failed.incrementAndGet();
        }
    }

    private void handlePlaced(String clientId, Placed placed) {
        var before = clients.put(clientId, placed);
        if (placed.equals(before) && owns(clientId, placed)) {
            return;
        }
        if (before != null) {
            release(clientId, before);
        }
        for (var address : placed.addresses) {
            var former = owners.put(address, clientId);
            if (placed.shard > 0) {
                change(() -> device(placed.shard).add(address));
            } else if (former != null) {
                unroute(clients.get(former), address);
            }
        }
    }

    private boolean owns(String clientId, Placed placed) {
        return placed.addresses.stream().allMatch(a -> clientId.equals(owners.get(a)));
    }

    private void handleGone(int shard, String clientId) {
        var placed = clients.get(clientId);
        if (placed != null && placed.shard == shard) {
            clients.remove(clientId);
            release(clientId, placed);
        }
    }

    private void release(String clientId, Placed placed) {
        for (var address : placed.addresses) {
            if (owners.remove(address, clientId)) {
                unroute(placed, address);
            }
        }
    }

    private void unroute(Placed placed, IpAddress address) {
        if (placed != null && placed.shard > 0) {
            change(() -> device(placed.shard).remove(address));
        }
    }

    private Device device(int shard) {
        return devices.computeIfAbsent(shard, open::apply);
    }

    private interface Change {
        void run() throws IOException;
    }

    private void change(Change change) {
        try {
            change.run();
        } catch (IOException e) {
            if (failed.getAndIncrement() == 0) {
                LOG.warn("a client cannot be reached: {}", e.getMessage());
            }
        }
    }

    /// Routes go with their devices.
    @Override
    public void close() {
        submit(() -> devices.values().forEach(Device::close));
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_WAIT_MS, TimeUnit.MILLISECONDS)) {
                LOG.debug("the thread of the routes does not end");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class TunRoutes implements Device {
        private final String name;
        private GatewayNetwork network;

        TunRoutes(String name) {
            this.name = name;
        }

        @Override
        public void add(IpAddress client) throws IOException {
            network().addHostRoute(name, client);
        }

        @Override
        public void remove(IpAddress client) throws IOException {
            network().removeHostRoute(name, client);
        }

        @Override
        public boolean ensure(IpAddress client) throws IOException {
            return network().ensureHostRoute(name, client);
        }

        private GatewayNetwork network() throws IOException {
            if (network == null) {
                network = new GatewayNetwork();
            }
            return network;
        }

        @Override
        public void close() {
            if (network != null) {
                network.close();
            }
        }
    }
}
