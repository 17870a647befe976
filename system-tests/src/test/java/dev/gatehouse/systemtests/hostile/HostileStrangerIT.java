package dev.gatehouse.systemtests.hostile;

import dev.gatehouse.systemtests.hostile.site.SharedSite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Somebody on the network with no token.
@Tag("netns")
@ExtendWith(SharedSite.class)
class HostileStrangerIT {
    @Test
    void othersHardlyNotice(SharedSite.Inside inside) throws Exception {
        inside.run(site -> Trial.run(site, "stranger"));
    }
}
