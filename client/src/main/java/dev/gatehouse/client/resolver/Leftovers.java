package dev.gatehouse.client.resolver;

import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts back what a client that was killed has left of `resolv.conf`: its sentinels answer nobody
/// (client.md 3). First of all, as the settings of this run may be such that it never starts.
///
/// What systemd-resolved was told goes with the interface, as do addresses and routes.
public final class Leftovers {
    static final String RESOLV_CONF = "/etc/resolv.conf";

    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);
    private static final String OPTION = "--resolv-conf";
    private static final String DEVICE_OF_OTHERS = "tun-firezone";
    private static final String VARIABLE = "GATEHOUSE_RESOLV_CONF";

    private Leftovers() {}

    /// Does nothing while a client lives that needs the file, ours or of another make.
    ///
    /// @param arguments name the file, or `environment` does
    public static void putBack(List<String> arguments, UnaryOperator<String> environment) {
        putBack(resolvConf(arguments, environment), ResolverLock.FOLDER, DEVICE_OF_OTHERS);
    }

    /// The file that a command line speaks of, which may be wrong otherwise.
    static Path resolvConf(List<String> arguments, UnaryOperator<String> environment) {
        for (int i = 0; i < arguments.size(); i++) {
            var word = arguments.get(i);
            if (word.startsWith(OPTION + "=")) {
                return Path.of(word.substring(OPTION.length() + 1));
            }
            if (word.equals(OPTION) && i + 1 < arguments.size()) {
                return Path.of(arguments.get(i + 1));
            }
        }
        return Path.of(
                Optional.ofNullable(environment.apply(VARIABLE))
                        .filter(text -> !text.isBlank())
                        .orElse(RESOLV_CONF));
    }

    public static void putBack(Path file, Path locks, String device) {
        var lock = ResolverLock.take(locks, file);
        if (lock.isEmpty()) {
            return;
        }
        try (var _ = lock.get()) {
            var conf = new ResolvConf(file);
            boolean isProvenDead = lock.get().isHeld() && conf.carriesOriginal();
            boolean mayLive = NetworkInterface.getByName(device) != null && !isProvenDead;
            if (conf.isOurs() && !mayLive) {
                conf.revert();
                LOG.info("{} is put back as it was before a client that was killed", file);
            }
        } catch (IOException e) {
            LOG.warn("what a killed client has left cannot be put back: {}", e.getMessage());
        }
    }
}
