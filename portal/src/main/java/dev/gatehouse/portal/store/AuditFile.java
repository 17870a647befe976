package dev.gatehouse.portal.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/// `audit.jsonl`, mode 0600. A full one becomes `audit.jsonl.1`, that one `.2` and so on, and the
/// oldest goes: however long the portal runs, the disk holds so many bytes of them.
final class AuditFile implements AutoCloseable {
    /// A quiet portal of 1,000 clients fills one in about a month.
    static final long SIZE_MAX = 64L << 20;

    static final int OLD_FILES = 7;

    private final Path file;
    private final long sizeMax;
    private OutputStream out;
    private long size;

    /// @param sizeMax bytes of one file
    AuditFile(Path file, long sizeMax) throws IOException {
        this.file = file;
        this.sizeMax = sizeMax;
        open();
    }

    private void open() throws IOException {
        if (Files.notExists(file)) {
            var mode = PosixFilePermissions.fromString("rw-------");
            Files.createFile(file, PosixFilePermissions.asFileAttribute(mode));
        }
        size = Files.size(file);
        out = Files.newOutputStream(file, StandardOpenOption.APPEND);
    }

    /// Appends whole lines.
    void write(byte[] lines) throws IOException {
        if (size > 0 && size + lines.length > sizeMax) {
            rotate();
        }
        out.write(lines);
        size += lines.length;
    }

    private void rotate() throws IOException {
        out.close();
        for (int i = OLD_FILES; i > 0; i--) {
            var from = i == 1 ? file : old(i - 1);
            if (Files.exists(from)) {
                Files.move(from, old(i), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        open();
    }

    private Path old(int number) {
        return file.resolveSibling(file.getFileName() + "." + number);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
