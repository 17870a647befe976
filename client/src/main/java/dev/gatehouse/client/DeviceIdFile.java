package dev.gatehouse.client;

import dev.gatehouse.channel.login.DeviceId;
import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.transport.process.OwnedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;

/// The device's identity, made once and kept in a file (client.md 2).
final class DeviceIdFile {
    static final Path DEFAULT = Path.of("/var/lib/dev.firezone.client/config/firezone-id.json");

    private DeviceIdFile() {}

    static String readOrCreate(Path file) throws ConfigurationMistake {
        try {
            if (Files.isRegularFile(file)) {
                return DeviceId.ofFileText(Files.readString(file))
                        .orElseThrow(
                                () ->
                                        new ConfigurationMistake(
                                                "%s holds no id: delete it or set FIREZONE_ID"
                                                        .formatted(file)));
            }
            return create(file);
        } catch (IOException e) {
            throw new ConfigurationMistake(
                    "cannot keep the device's id in %s (%s): set FIREZONE_ID"
                            .formatted(file, e.getMessage()));
        }
    }

    private static String create(Path file) throws IOException {
        var id = DeviceId.create(UUID.randomUUID());
        var directory = PosixFilePermissions.fromString("rwxrwx---");
        Files.createDirectories(file.getParent(), PosixFilePermissions.asFileAttribute(directory));
        OwnedFiles.write(file, DeviceId.toFileText(id), "rw-r-----");
        return id;
    }
}
