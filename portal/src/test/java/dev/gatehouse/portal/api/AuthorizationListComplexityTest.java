package dev.gatehouse.portal.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.TestPortal;
import dev.gatehouse.portal.config.DirectoryReader;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.testkit.AllocatedBytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A client may have as many authorizations as resources, and an actor thousands of devices: an
/// administrator who asks for the list must not keep the peers waiting.
class AuthorizationListComplexityTest {
    private static final int N = 200;
    private static final int ROUNDS = 5;

    @Test
    void theListIsLinear() throws Exception {
        assertThat(bytes(8 * N)).isLessThanOrEqualTo(10 * bytes(N));
    }

    private static long bytes(int count) throws Exception {
        var directory = DirectoryReader.read(TestPortal.yaml());
        List<Device> devices = new ArrayList<>();
        List<Authorization> authorizations = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            devices.add(device(i));
            authorizations.add(authorization(i));
        }
        AuthorizationList.describe(authorizations, devices, directory);
        assertThat(
                        AuthorizationList.describe(authorizations, devices, directory)
                                .path(count - 1)
                                .path("client")
                                .asText())
                .isEqualTo("name " + (count - 1));
        return AllocatedBytes.of(
                ROUNDS, _ -> AuthorizationList.describe(authorizations, devices, directory));
    }

    private static Device device(int i) {
        return new Device(
                "d" + i,
                Role.CLIENT,
                "alice",
                "x" + i,
                "name " + i,
                "",
                "",
                i,
                "",
                false,
                "",
                1,
                1);
    }

    private static Authorization authorization(int i) {
        return new Authorization("a" + i, "d" + i, "d0", "r", "", "p", "t", "alice", "s", 1, 2);
    }
}
