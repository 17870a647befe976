package dev.gatehouse.dataplane.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataplaneConfigTest {
    @ParameterizedTest
    @CsvSource({"1,tun,1", "2,tun,1", "3,tun,2", "64,tun,2", "8,fourteen-chars,1"})
    void asManyShardsAsProcessorsLessOneAsRelaysAndAsNamesAllow(
            int processors, String tunName, int shards) {
        assertThat(DataplaneConfig.shardsFor(processors, tunName)).isEqualTo(shards);
    }

    @Test
    void oneShardHasTheNameAndThePortAndOthersFollow() {
        var config = config(3, "tun-firezone", 65_534);

        assertThat(config.tunNames())
                .containsExactly("tun-firezone", "tun-firezone-1", "tun-firezone-2");
        assertThat(config.udpPort(0)).isEqualTo(65_534);
        assertThat(config.udpPort(1)).isEqualTo(65_535);
        assertThat(config.udpPort(2)).as("any").isZero();
    }

    @Test
    void wrongNumberAndNameThatLeavesNoRoomAreRefused() {
        assertThat(config(64, "tun-firezone", 1).tunName(63)).hasSize(15);
        assertThatThrownBy(() -> config(0, "tun", 1)).hasMessageContaining("1 to 64");
        assertThatThrownBy(() -> config(65, "tun", 1)).hasMessageContaining("1 to 64");
        assertThatThrownBy(() -> config(2, "fourteen-chars", 1))
                .hasMessageContaining("at most 13 characters long with 2 shards");
    }

    private static DataplaneConfig config(int shards, String tunName, int udpPort) {
        return new DataplaneConfig(
                Path.of("/run/gatehouse/s"),
                OptionalInt.empty(),
                shards,
                tunName,
                udpPort,
                1 << 16,
                1 << 16,
                false,
                false,
                false,
                "127.0.0.1",
                8081,
                Optional.empty(),
                true,
                List.of());
    }
}
