package dev.gatehouse.systemtests.hostile;

import dev.gatehouse.systemtests.hostile.site.SharedSite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The gateway of another site, which the client has a tunnel to; its resources here stay well.
@Tag("netns")
@ExtendWith(SharedSite.class)
class HostileGatewayIT {
    @Test
    void othersHardlyNotice(SharedSite.Inside inside) throws Exception {
        inside.run(
                site -> {
                    try (var _ = site.startCaller()) {
                        Trial.run(site, "gateway");
                    }
                });
    }
}
