package dev.gatehouse.transport.process;

import dev.gatehouse.transport.sys.Libc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// Files that are not everybody's, whatever the umask and the mode of their folder.
public final class OwnedFiles {
    private static final int OWNER_ONLY = 0077;
    private static final String PRIVATE = "rw-------";

    private OwnedFiles() {}

    /// From here on, files of this process are its user's alone: for those that a library makes.
    public static void closeToOthers() {
        Libc.C.umask(OWNER_ONLY);
    }

    /// Writes a file whole or not at all, and never readable by more than `mode` says. A file that
    /// cannot be replaced, which is a mount of its own, is written in place.
    ///
    /// @param mode like `rw-r-----`
    public static void write(Path file, String text, String mode) throws IOException {
        var fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        try (var channel = create(fresh)) {
            var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(mode));
        try {
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException _) {
            Files.deleteIfExists(fresh);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            Files.writeString(file, text);
        }
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PRIVATE)));
    }
}
