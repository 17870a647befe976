package dev.gatehouse.client.resolver;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes applications ask our sentinels by rewriting `resolv.conf` in place: containers mount that
/// very file, so that it must not be replaced (client.md 25). The original is kept beside it, where
/// that can be written, and in comments of ours.
///
/// What others write meanwhile becomes the original, and ours is written again.
final class ResolvConf implements HostResolver {
    private static final Logger LOG = LoggerFactory.getLogger(ResolvConf.class);
    private static final long OBSERVE_EVERY_MS = 1_000;

    private final Path file;
    private final Path backup;
    private String original; // null until ours is written first
    private String written; // null while the file is not ours

    ResolvConf(Path file) {
        this.file = file;
        this.backup = file.resolveSibling(file.getFileName() + ".before-firezone");
    }

    @Override
    public String name() {
        return file.toString();
    }

    @Override
    public long observeEveryMs() {
        return OBSERVE_EVERY_MS;
    }

    /// Why the file cannot be ours, and what to do about it, in one line; empty if it can.
    Optional<String> obstacle() {
        if (Files.isSymbolicLink(file)) {
            return Optional.of(
                    "%s is a link to %s, which another program keeps: put a file in its place"
                            .formatted(file, target()));
        }
        if (!Files.exists(file)) {
            return Optional.of("%s is missing: create it".formatted(file));
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of("%s is no file: put one in its place".formatted(file));
        }
        try (var _ = FileChannel.open(file, StandardOpenOption.WRITE)) {
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(
                    "%s cannot be written (%s): run as root, chattr -i it, or mount it writable"
                            .formatted(file, reason(e)));
        }
    }

    private String target() {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            return reason(e);
        }
    }

    private static String reason(IOException e) {
        return e instanceof FileSystemException failure && failure.getReason() != null
                ? failure.getReason()
                : e.getClass().getSimpleName();
    }

    /// @throws IOException if it is no regular file, or cannot be written
    @Override
    public void set(DnsWish wish) throws IOException {
        if (wish.sentinels().isEmpty()) {
            revert();
            return;
        }
        var current = text();
        if (current.isEmpty() || !current.get().equals(written)) {
            original = original(current);
        }
        keep(original);
        var text = ResolverFile.render(original, wish);
        if (current.isEmpty() || !text.equals(current.get())) {
            write(text);
        }
        written = text;
    }

    /// What to put back in the end: what others have written, if it names a server of theirs.
    private String original(Optional<String> current) throws IOException {
        if (current.isPresent() && ResolverFile.isOurs(current.get())) {
            return originalOf(current.get()).orElse(original == null ? "" : original);
        }
        if (original == null) {
            return current.orElse("");
        }
        return current.flatMap(ResolverFile::takenOver).orElse(original);
    }

    private Optional<String> originalOf(String ours) throws IOException {
        var carried = ResolverFile.original(ours);
        return carried.isEmpty() && Files.isRegularFile(backup)
                ? Optional.of(text(backup))
                : carried;
    }

    /// Beside the file, for whoever comes after us: other makes of this client look there.
    private void keep(String text) {
        var fresh = backup.resolveSibling(backup.getFileName() + ".new");
        try {
            if (Files.isRegularFile(backup) && text(backup).equals(text)) {
                return;
            }
            Files.writeString(fresh, text, StandardCharsets.ISO_8859_1);
            Files.move(fresh, backup, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.debug("no copy beside {}: {}", file, reason(e));
        }
    }

    private void write(String text) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(obstacle().orElse(file + " is no file"));
        }
        boolean isMissing = !Files.exists(file);
        try {
            Files.writeString(file, text, StandardCharsets.ISO_8859_1);
            if (isMissing) {
                var mode = PosixFilePermissions.fromString("rw-r--r--");
                Files.setPosixFilePermissions(file, mode); // each program has to read it
            }
        } catch (IOException e) {
            throw new IOException("%s cannot be written: %s".formatted(file, reason(e)), e);
        }
    }

    /// Puts the original back if what is there is ours: edits made by others meanwhile stay.
    @Override
    public void revert() throws IOException {
        var current = text();
        boolean isCutShort = written != null && current.filter(String::isBlank).isPresent();
        written = null;
        if (isCutShort) {
            write(original);
            return;
        }
        if (current.isEmpty() || !ResolverFile.isOurs(current.get())) {
            return;
        }
        var before = originalOf(current.get());
        if (before.isEmpty()) {
            throw new IOException("nothing is kept of what %s was before".formatted(file));
        }
        write(before.get());
    }

    /// Whether a client's text is there.
    boolean isOurs() throws IOException {
        return text().filter(ResolverFile::isOurs).isPresent();
    }

    /// Whether it says which client has written it: ours do.
    boolean carriesOriginal() throws IOException {
        return text().flatMap(ResolverFile::original).isPresent();
    }

    /// The servers of the system: never our sentinels.
    @Override
    public Observation observe() throws IOException {
        var current = text();
        var text = current.orElse("");
        if (ResolverFile.isOurs(text)) {
            var before = originalOf(text).orElse("");
            return new Observation(ResolverFile.servers(before), text.equals(written), text);
        }
        var servers = ResolverFile.servers(text);
        boolean isLost = written != null;
        if (servers.isEmpty() && isLost) {
            servers = ResolverFile.servers(original);
        }
        return new Observation(servers, !isLost, text);
    }

    private Optional<String> text() throws IOException {
        try {
            return Optional.of(text(file));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    /// Byte for byte: comments may be in any encoding.
    private static String text(Path from) throws IOException {
        return new String(Files.readAllBytes(from), StandardCharsets.ISO_8859_1);
    }

    /// Whoever asks does so each time.
    @Override
    public void flushCaches() {}
}
