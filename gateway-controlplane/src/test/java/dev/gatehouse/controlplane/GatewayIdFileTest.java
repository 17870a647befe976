package dev.gatehouse.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// portal-channel.md 1.3.
class GatewayIdFileTest {
    private static final String ID =
            "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069";

    @TempDir private Path directory;

    @Test
    void whatIsWrittenIsReadAndHasTheModesOfRealGateways() throws IOException {
        var file = new GatewayIdFile(directory.resolve("firezone/gateway_id"));
        assertThat(file.read()).isEmpty();

        file.write(ID);

        assertThat(file.read()).contains(ID);
        assertThat(Files.readString(file.path())).isEqualTo("{\"id\":\"" + ID + "\"}");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())))
                .isEqualTo("rw-r-----");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"id\":\"edge-1\"} | edge-1",
                "{\"id\":\"edge-1\",\"made\":1} | edge-1",
                "edge-1 | edge-1",
                "2f1d6c0e-9f1b-4a7e-8d0c-5b6a7c8d9e0f | 2f1d6c0e-9f1b-4a7e-8d0c-5b6a7c8d9e0f",
            })
    void anIdOfARealGatewayIsTakenOver(String text, String id) throws IOException {
        var file = Files.writeString(directory.resolve("gateway_id"), text + "\n");

        assertThat(new GatewayIdFile(file).read()).contains(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "{\"id\":\"\"}", "{\"id\":", "two words", "[1]"})
    void whatHoldsNoIdIsAsGoodAsNone(String text) throws IOException {
        var file = Files.writeString(directory.resolve("gateway_id"), text);

        assertThat(new GatewayIdFile(file).read()).isEmpty();
    }
}
