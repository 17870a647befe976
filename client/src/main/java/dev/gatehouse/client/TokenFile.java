package dev.gatehouse.client;

import dev.gatehouse.channel.message.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/// Where the token comes from: the variable, a file that the variable names, or the token file
/// (client.md 2).
final class TokenFile {
    private static final int BYTES_MAX = 8192;
    private static final Set<PosixFilePermission> ALLOWED =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private TokenFile() {}

    static Secret read(String variable, Path file) throws ConfigurationMistake {
        if (!variable.isBlank()) {
            return new Secret(named(variable).strip());
        }
        if (!Files.isRegularFile(file)) {
            throw new ConfigurationMistake(
                    "no token: set FIREZONE_TOKEN, or put it into %s (owner root, mode 0600)"
                            .formatted(file));
        }
        requirePrivate(file);
        return new Secret(content(file).strip());
    }

    private static String named(String variable) throws ConfigurationMistake {
        try {
            var path = Path.of(variable.strip());
            return Files.isRegularFile(path) ? content(path) : variable;
        } catch (InvalidPathException _) {
            return variable;
        }
    }

    private static String content(Path file) throws ConfigurationMistake {
        try {
            if (Files.size(file) > BYTES_MAX) {
                throw new ConfigurationMistake("%s is too long for a token".formatted(file));
            }
            var text = Files.readString(file);
            if (text.isBlank()) {
                throw new ConfigurationMistake("%s is empty: put the token there".formatted(file));
            }
            return text;
        } catch (IOException _) {
            throw new ConfigurationMistake("cannot read %s: check its mode".formatted(file));
        }
    }

    private static void requirePrivate(Path file) throws ConfigurationMistake {
        try {
            boolean ofRoot =
                    Integer.valueOf(0).equals(Files.getAttribute(file, "unix:uid"))
                            && Integer.valueOf(0).equals(Files.getAttribute(file, "unix:gid"));
            if (!ofRoot || !ALLOWED.containsAll(Files.getPosixFilePermissions(file))) {
                throw new ConfigurationMistake(
                        "others can read the token: chown root:root %1$s; chmod 0600 %1$s"
                                .formatted(file));
            }
        } catch (IOException _) {
            throw new ConfigurationMistake("cannot read %s: check its mode".formatted(file));
        }
    }
}
