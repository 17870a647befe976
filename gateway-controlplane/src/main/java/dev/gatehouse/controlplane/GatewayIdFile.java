package dev.gatehouse.controlplane;

import dev.gatehouse.channel.login.DeviceId;
import dev.gatehouse.transport.process.OwnedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/// Where a gateway keeps the id it made, with the modes and the content of portal-channel.md 1.3.
record GatewayIdFile(Path path) {
    private static final int ID_LENGTH_MAX = 255;

    /// Older gateways kept the bare id, not JSON: who takes over their file stays the same gateway.
    ///
    /// @return empty if there is no file, or none that holds an id
    Optional<String> read() throws IOException {
        if (!Files.isRegularFile(path)) {
            return Optional.empty();
        }
        var text = Files.readString(path);
        return DeviceId.ofFileText(text).or(() -> bare(text.strip()));
    }

    /// Whether there is a file that is neither empty nor holds an id: whose it is, nobody knows.
    boolean holdsSomethingElse() throws IOException {
        return Files.isRegularFile(path) && read().isEmpty() && !Files.readString(path).isBlank();
    }

    private static Optional<String> bare(String text) {
        boolean isId =
                !text.isEmpty()
                        && text.length() <= ID_LENGTH_MAX
                        && text.chars().allMatch(c -> c > ' ' && c < 0x7F)
                        && "{[\"".indexOf(text.charAt(0)) < 0;
        return isId ? Optional.of(text) : Optional.empty();
    }

    void write(String id) throws IOException {
        var directory = PosixFilePermissions.fromString("rwxrwx---");
        if (path.getParent() != null) {
            Files.createDirectories(
                    path.getParent(), PosixFilePermissions.asFileAttribute(directory));
        }
        OwnedFiles.write(path.toAbsolutePath(), DeviceId.toFileText(id), "rw-r-----");
    }
}
