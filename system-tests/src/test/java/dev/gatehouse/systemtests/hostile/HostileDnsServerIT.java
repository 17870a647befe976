package dev.gatehouse.systemtests.hostile;

import dev.gatehouse.systemtests.hostile.site.SharedSite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The DNS server that client and gateway ask, which answers each name as badly as it can.
@Tag("netns")
@ExtendWith(SharedSite.class)
class HostileDnsServerIT {
    @Test
    void othersHardlyNotice(SharedSite.Inside inside) throws Exception {
        inside.run(site -> Trial.run(site, "dns-server", "client"));
    }
}
