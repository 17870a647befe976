package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void thePackageIsPure() {
        GatehouseArchRules.checkPure("dev.gatehouse.dataplane.gateway");
    }
}
