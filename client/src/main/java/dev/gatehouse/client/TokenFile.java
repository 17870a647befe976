package dev.gatehouse.client;

import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.channel.options.PortalSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/// Where the token comes from: the variable, a file that the variable names, or the token file
/// (client.md 2).
final class TokenFile {
    private static final Set<PosixFilePermission> ALLOWED =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private TokenFile() {}

    static Secret read(String variable, Path file) throws ConfigurationMistake {
        var given = PortalSettings.token("FIREZONE_TOKEN", variable);
        if (given.isPresent()) {
            return given.get();
        }
        if (Files.notExists(file)) {
            throw new ConfigurationMistake(
                    "no token: set FIREZONE_TOKEN, or put it into %s (owner root, mode 0600)"
                            .formatted(file));
        }
        PortalSettings.requireFile("FIREZONE_TOKEN_PATH", file);
        requirePrivate(file);
        return PortalSettings.tokenIn("FIREZONE_TOKEN_PATH", file);
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
