package dev.gatehouse.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
    @TempDir private Path firmware;

    @Test
    void serialAndUuidAreReadWhereTheyAreKnown() throws IOException {
        assertThat(Machine.read(firmware).serial()).isEmpty();
        Files.writeString(firmware.resolve("product_serial"), "7XK2M3\n");
        Files.writeString(firmware.resolve("product_uuid"), "4c4c4544-0058-4b10\n");

        var machine = Machine.read(firmware);

        assertThat(machine.serial()).contains("7XK2M3");
        assertThat(machine.uuid()).contains("4c4c4544-0058-4b10");
    }

    @Test
    void aPlaceholderIsNoSerial() throws IOException {
        Files.writeString(firmware.resolve("product_serial"), "123456789\n");
        Files.writeString(firmware.resolve("product_uuid"), "\n");

        assertThat(Machine.read(firmware).serial()).isEmpty();
        assertThat(Machine.read(firmware).uuid()).isEmpty();
    }
}
