package dev.gatehouse.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
record SocketDirectory(Path path) implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SocketDirectory.class);

    /// Also of `/run/gatehouse`: a data plane of its own takes no folder that is open to others.
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    static SocketDirectory create() throws IOException {
        return new SocketDirectory(Files.createTempDirectory(base(), "gateway-", OWNER_ONLY));
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
