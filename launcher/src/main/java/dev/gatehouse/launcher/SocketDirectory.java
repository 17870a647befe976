package dev.gatehouse.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A private folder (0700) for the socket between the two processes, removed on close.
///
/// A supervisor that is killed leaves its folder. The lock that each holds tells the next one
/// which folders nobody has, also across containers; those are removed.
///
/// @param lock of a file in the folder, held for life
record SocketDirectory(Path path, FileChannel lock) implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SocketDirectory.class);

    /// Also of `/run/gatehouse`: a data plane of its own takes no folder that is open to others.
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private static final String PREFIX = "gateway-";
    private static final String LOCK = "lock";

    static SocketDirectory create() throws IOException {
        return createIn(base());
    }

    static SocketDirectory createIn(Path base) throws IOException {
        removeAbandoned(base);
        var path = Files.createTempDirectory(base, PREFIX, OWNER_ONLY);
        var lock =
                FileChannel.open(
                        path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            throw new IOException("somebody has locked " + path);
        }
        return new SocketDirectory(path, lock);
    }

    private static void removeAbandoned(Path base) {
        try (var folders = Files.newDirectoryStream(base, PREFIX + "*")) {
            folders.forEach(SocketDirectory::removeIfAbandoned);
        } catch (IOException | DirectoryIteratorException failure) {
            LOG.debug("could not look through {}: {}", base, failure.toString());
        }
    }

    /// A folder without a lock may be about to get it.
    private static void removeIfAbandoned(Path folder) {
        try (var lock = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE)) {
            if (lock.tryLock() != null) {
                remove(folder);
            }
        } catch (OverlappingFileLockException _) {
            LOG.debug("{} is in use by this very process", folder);
        } catch (IOException failure) {
            LOG.debug("{} stays: {}", folder, failure.toString());
        }
    }

    private static Path base() {
        return Stream.of(
                        "/run/gatehouse",
                        System.getenv("XDG_RUNTIME_DIR"),
                        System.getProperty("java.io.tmpdir"),
                        "/dev/shm") // writable in a container whose root is not
                .filter(Objects::nonNull)
                .map(Path::of)
                .filter(SocketDirectory::isUsable)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no folder for the socket"));
    }

    private static boolean isUsable(Path folder) {
        try {
            Files.createDirectories(folder, OWNER_ONLY);
        } catch (IOException _) {
            return false;
        }
        return Files.isWritable(folder);
    }

    @Override
    public void close() {
        remove(path);
        try {
            lock.close();
        } catch (IOException failure) {
            LOG.debug("could not unlock {}: {}", path, failure.toString());
        }
    }

    private static void remove(Path path) {
        try (var files = Files.walk(path)) {
            files.sorted(Comparator.reverseOrder()).forEach(SocketDirectory::delete);
        } catch (IOException | UncheckedIOException failure) {
            LOG.debug("could not remove {}: {}", path, failure.toString());
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
