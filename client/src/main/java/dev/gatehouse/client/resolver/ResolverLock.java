package dev.gatehouse.client.resolver;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Shows that a client lives which keeps a `resolv.conf`. The kernel takes it back from a process
/// that is killed, so that what is left of it can be told from what a living one needs.
final class ResolverLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ResolverLock.class);
    static final Path FOLDER = Path.of("/run/gatehouse-client");

    private final Optional<FileChannel> held;

    private ResolverLock(Optional<FileChannel> held) {
        this.held = held;
    }

    /// Empty if another client holds it. Where no lock can be kept, there is none to be held.
    static Optional<ResolverLock> take(Path folder, Path resolvConf) {
        FileChannel channel = null;
        try {
            var mode = PosixFilePermissions.fromString("rwx------");
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(mode));
            channel =
                    FileChannel.open(
                            folder.resolve(name(resolvConf)),
                            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            if (channel.tryLock() == null) {
                channel.close();
                return Optional.empty();
            }
            return Optional.of(new ResolverLock(Optional.of(channel)));
        } catch (OverlappingFileLockException _) {
            close(channel);
            return Optional.empty();
        } catch (IOException e) {
            LOG.debug("no lock in {}: {}", folder, e.toString());
            close(channel);
            return Optional.of(new ResolverLock(Optional.empty()));
        }
    }

    /// False where no lock can be kept: then a client may live that holds it.
    boolean isHeld() {
        return held.isPresent();
    }

    private static String name(Path resolvConf) {
        return resolvConf.toAbsolutePath().toString().substring(1).replace('/', '-') + ".lock";
    }

    private static void close(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            LOG.debug("cannot close a lock: {}", e.toString());
        }
    }

    @Override
    public void close() {
        held.ifPresent(ResolverLock::close);
    }
}
