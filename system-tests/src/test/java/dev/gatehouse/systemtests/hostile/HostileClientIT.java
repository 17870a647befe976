package dev.gatehouse.systemtests.hostile;

import dev.gatehouse.systemtests.hostile.site.SharedSite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A client with a good token.
@Tag("netns")
@ExtendWith(SharedSite.class)
class HostileClientIT {
    @Test
    void othersHardlyNotice(SharedSite.Inside inside) throws Exception {
        inside.run(site -> Trial.run(site, "client"));
    }
}
