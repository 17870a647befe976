package dev.gatehouse.relay;

import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theServerIsPure() {
        GatehouseArchRules.checkPure("dev.gatehouse.relay.server");
    }
}
