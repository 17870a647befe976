package dev.gatehouse.dataplane.host;

import dev.gatehouse.transport.tun.LinuxTun;
import dev.gatehouse.transport.tun.TunOwner;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the tunnel's device of a gateway is called, and whether this host is free for one.
public final class TunNames {
    /// Of shard 0, unless a client has it.
    public static final String DEFAULT = "tun-firezone";

    /// Taken where a client of ours has [#DEFAULT].
    public static final String BESIDE_CLIENT = "tun-gatehouse";

    private static final Logger LOG = LoggerFactory.getLogger(TunNames.class);
    private static final long DYING_NS = Duration.ofSeconds(3).toNanos();
    private static final long LOOK_EVERY_NS = Duration.ofMillis(50).toNanos();

    private TunNames() {}

    /// The name that a gateway takes that was told `wanted`.
    public static String choose(String wanted) {
        boolean isClients = device(TunOwner.CLIENT).filter(wanted::equals).isPresent();
        return wanted.equals(DEFAULT) && isClients ? BESIDE_CLIENT : wanted;
    }

    /// What keeps a gateway from running here: another one, since both would lead the same
    /// networks to themselves. One that is about to end is waited for, up to three seconds.
    public static Optional<String> occupied() {
        long untilNs = System.nanoTime() + DYING_NS;
        var device = device(TunOwner.GATEWAY);
        while (device.isPresent() && System.nanoTime() < untilNs) {
            LockSupport.parkNanos(LOOK_EVERY_NS);
            device = device(TunOwner.GATEWAY);
        }
        return device.map(
                name ->
                        "a gateway runs on this host: %s has the TUN device %s; end it first"
                                .formatted(LinuxTun.holder(name), name));
    }

    private static Optional<String> device(TunOwner owner) {
        try {
            return LinuxTun.deviceOf(owner);
        } catch (IOException e) {
            LOG.debug("cannot look for devices: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /// Of the packet filter, for the gateway whose device is called so.
    public static String table(String tunName) {
        return tunName.equals(DEFAULT)
                ? "gatehouse"
                : "gatehouse_" + tunName.replaceAll("[^A-Za-z0-9]", "_");
    }
}
