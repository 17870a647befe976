package dev.gatehouse.client.host;

import dev.gatehouse.transport.host.ClientNetwork;
import dev.gatehouse.transport.host.ClientNetwork.Part;
import dev.gatehouse.transport.host.RouteMonitor;
import dev.gatehouse.transport.loop.Poller;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the tunnel's part of the host's network as it was made, on a thread of its own: looks
/// whenever the kernel tells of a change, puts back what others have taken away, and follows the
/// host's own networks.
///
/// Somebody who undoes it without pause is answered every [#FIGHT_NS] only.
final class NetworkKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkKeeper.class);
    private static final long SETTLE_NS = Duration.ofMillis(200).toNanos();
    private static final long FIGHT_NS = Duration.ofSeconds(10).toNanos();
    private static final long QUIET_NS = Duration.ofSeconds(60).toNanos();
    private static final int RESTORED_IN_A_ROW_MAX = 20;
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private final ClientNetwork network;
    private final RouteMonitor monitor = new RouteMonitor();
    private final Poller poller = new Poller();
    private final Thread thread =
            Thread.ofPlatform().daemon().name("client-network").unstarted(this::run);
    private final AtomicLong restored = new AtomicLong();
    private int inARow; // of the thread
    private long lastNs; // of the thread
    private volatile boolean closed;

    NetworkKeeper(ClientNetwork network) throws IOException {
        this.network = network;
        poller.add(monitor.fd());
    }

    void start() {
        thread.start();
    }

    /// How often something was put back.
    long restored() {
        return restored.get();
    }

    private void run() {
        try {
            while (!closed) {
                poller.poll(Long.MAX_VALUE);
                if (monitor.hasChanged()) {
                    settle();
                    restore();
                }
            }
        } catch (IOException e) {
            if (!closed) { // a device that was deleted ends the loop, which tells it
                LOG.debug("the network is not looked after any longer: {}", e.getMessage());
            }
        } catch (InterruptedException _) {
            // the end
        }
    }

    /// Changes come in groups. What comes meanwhile is part of this one.
    private void settle() throws IOException, InterruptedException {
        TimeUnit.NANOSECONDS.sleep(inARow < RESTORED_IN_A_ROW_MAX ? SETTLE_NS : FIGHT_NS);
        monitor.hasChanged();
    }

    private void restore() throws IOException {
        var gone = network.restore();
        if (gone.isEmpty()) {
            return;
        }
        restored.incrementAndGet();
        long nowNs = System.nanoTime();
        inARow = nowNs - lastNs > QUIET_NS ? 1 : inARow + 1;
        lastNs = nowNs;
        if (inARow < RESTORED_IN_A_ROW_MAX) {
            LOG.warn("{}: somebody {}: put back", network.device(), harm(gone));
        } else if (inARow == RESTORED_IN_A_ROW_MAX) {
            LOG.warn(
                    "{}: another program keeps at it ({}): that is put back every {} s only;"
                            + " tell that program to leave the device and rules alone",
                    network.device(),
                    harm(gone),
                    TimeUnit.NANOSECONDS.toSeconds(FIGHT_NS));
        }
    }

    /// What somebody did, such as `changed the MTU and took away address, route`.
    private static String harm(Set<Part> gone) {
        var away =
                gone.stream()
                        .filter(part -> part != Part.MTU)
                        .map(part -> part.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "));
        return Stream.of(
                        gone.contains(Part.MTU) ? "changed the MTU" : "",
                        away.isEmpty() ? "" : "took away " + away)
                .filter(done -> !done.isEmpty())
                .collect(Collectors.joining(" and "));
    }

    /// Leaves nothing of ours behind but the device.
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        poller.wakeup();
        try {
            if (thread.isAlive() && !thread.join(CLOSE_WAIT)) {
                LOG.debug("{} does not end", thread.getName());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        network.close();
        monitor.close();
        poller.close();
    }
}
