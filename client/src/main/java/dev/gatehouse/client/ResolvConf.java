package dev.gatehouse.client;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes applications ask our sentinels by rewriting `resolv.conf` in place: containers mount that
/// very file, so that it must not be replaced. The backup beside it is kept for ever (client.md
/// 25).
final class ResolvConf implements ServerSource {
    static final String HEADER = "# BEGIN Firezone DNS configuration";

    private final Path file;
    private final Path backup;

    ResolvConf(Path file) {
        this.file = file;
        this.backup = file.resolveSibling(file.getFileName() + ".before-firezone");
    }

    /// @throws IOException if it is no regular file, or cannot be written
    void set(List<IpAddress> sentinels, Optional<String> searchDomain) throws IOException {
        if (sentinels.isEmpty()) {
            return;
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(file + " is no regular file: set FIREZONE_DNS_CONTROL");
        }
        var current = Files.readString(file);
        if (isOurs(current) && Files.exists(backup)) {
            current = Files.readString(backup);
        }
        var fresh = backup.resolveSibling(backup.getFileName() + ".new");
        Files.writeString(fresh, current);
        Files.move(fresh, backup, StandardCopyOption.ATOMIC_MOVE);
        var text = render(current, sentinels, searchDomain);
        if (!text.equals(Files.readString(file))) {
            Files.writeString(file, text);
        }
    }

    private static boolean isOurs(String text) {
        return text.startsWith(HEADER);
    }

    private static String render(
            String original, List<IpAddress> sentinels, Optional<String> searchDomain) {
        var lines = new ArrayList<String>();
        lines.add(HEADER);
        lines.add("# Restored when the client ends, from the copy beside this file.");
        sentinels.forEach(sentinel -> lines.add("nameserver " + sentinel));
        searchDomain.ifPresent(domain -> lines.add("search " + domain));
        original.lines()
                .map(String::strip)
                .filter(line -> line.matches("options\\s.*"))
                .forEach(lines::add);
        return String.join("\n", lines) + "\n";
    }

    /// Puts the original back if what is there is ours: edits made by others meanwhile stay.
    void revert() throws IOException {
        if (Files.exists(backup) && Files.exists(file) && isOurs(Files.readString(file))) {
            Files.writeString(file, Files.readString(backup));
        }
    }

    /// The servers of the system: never our sentinels.
    @Override
    public List<IpAddress> systemServers() throws IOException {
        var source = Files.exists(file) ? Files.readString(file) : "";
        if (isOurs(source) && Files.exists(backup)) {
            source = Files.readString(backup);
        }
        return source.lines()
                .map(String::strip)
                .map(line -> line.split("\\s+"))
                .filter(words -> words.length > 1 && words[0].equals("nameserver"))
                .map(words -> words[1])
                .flatMap(text -> address(text).stream())
                .toList();
    }

    private static Optional<IpAddress> address(String text) {
        try {
            return Optional.of(IpAddress.parse(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty(); // an IPv6 zone, for one
        }
    }
}
