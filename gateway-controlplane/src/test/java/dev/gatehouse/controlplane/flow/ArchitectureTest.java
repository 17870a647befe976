package dev.gatehouse.controlplane.flow;

import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theFlowIsPure() {
        GatehouseArchRules.checkPure("dev.gatehouse.controlplane.flow");
    }
}
