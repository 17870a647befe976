package dev.gatehouse.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What the firmware calls this machine, by which administrators know it again (client.md 2).
/// Either is absent where it cannot be read, as in most containers.
record Machine(Optional<String> serial, Optional<String> uuid) {
    static final Path FIRMWARE = Path.of("/sys/class/dmi/id");

    private static final String PLACEHOLDER = "123456789";

    static Machine read(Path firmware) {
        return new Machine(
                text(firmware.resolve("product_serial")).filter(s -> !s.equals(PLACEHOLDER)),
                text(firmware.resolve("product_uuid")));
    }

    private static Optional<String> text(Path file) {
        try {
            return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
        } catch (IOException _) {
            return Optional.empty();
        }
    }
}
