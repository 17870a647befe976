package dev.gatehouse.client.resolver;

import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.wire.IpAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// The host's resolver while this client lives: a lock that shows it, the keeper, and a watch that
/// wakes the keeper when others write `resolv.conf`.
public final class KeptResolver implements AutoCloseable {
    private final Optional<ResolverLock> lock; // empty: resolv.conf is left alone
    private final DnsKeeper keeper;
    private final FileWatch watch;

    private KeptResolver(Optional<ResolverLock> lock, DnsKeeper keeper, FileWatch watch) {
        this.lock = lock;
        this.keeper = keeper;
        this.watch = watch;
    }

    /// Changes nothing yet.
    ///
    /// @param device the tunnel's
    /// @param onServers told the servers of the system whenever they change; false: tell it again
    /// @param onFirst called once, when the first wish has been fulfilled or has failed
    /// @throws ConfigurationMistake if another client keeps the file
    public static KeptResolver open(
            DnsControl control,
            Path resolvConf,
            String device,
            Predicate<List<IpAddress>> onServers,
            Runnable onFirst)
            throws ConfigurationMistake {
        var lock = lock(control, resolvConf);
        var keeper = new DnsKeeper(control.resolver(resolvConf, device), onServers, onFirst);
        return new KeptResolver(lock, keeper, new FileWatch(resolvConf, keeper::wake));
    }

    private static Optional<ResolverLock> lock(DnsControl control, Path resolvConf)
            throws ConfigurationMistake {
        if (control != DnsControl.ETC_RESOLV_CONF) {
            return Optional.empty();
        }
        var lock = ResolverLock.take(ResolverLock.FOLDER, resolvConf);
        if (lock.isEmpty()) {
            throw new ConfigurationMistake(
                    "another client of this host keeps %s: end it, or set FIREZONE_DNS_CONTROL=%s"
                            .formatted(resolvConf, DnsControl.DISABLED.text()));
        }
        return lock;
    }

    public DnsKeeper keeper() {
        return keeper;
    }

    /// Leaves the host as it was found.
    @Override
    public void close() {
        watch.close();
        keeper.close();
        lock.ifPresent(ResolverLock::close);
    }
}
