package dev.gatehouse.client.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostV6Test {
    @TempDir private Path folder;

    @Test
    void onlyAnAddressOfTheDeviceThatIsMoreThanLinkLocalCounts() throws Exception {
        var file =
                Files.writeString(
                        folder.resolve("if_inet6"),
                        """
                        00000000000000000000000000000001 01 80 10 80       lo
                        fe800000000000004b0f4698dbebf88f 03 40 20 80 tun-firezone
                        fd99000000000000000000000000000a 02 40 00 82     eth0
                        """);

        assertThat(HostV6.isOn("tun-firezone", file)).isFalse();
        assertThat(HostV6.isOn("eth0", file)).isTrue();
        assertThat(HostV6.isOn("eth0", folder.resolve("none"))).isFalse();
    }
}
