package dev.gatehouse.controlplane.flow;

import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theFlowIsPure() {
        GatehouseArchRules.checkPure("dev.gatehouse.controlplane.flow");
    }

    @Test
    void nothingMovesPacketsHere() {
        GatehouseArchRules.checkUsesOnly(
                "dev.gatehouse.controlplane",
                "dev.gatehouse.transport",
                "dev.gatehouse.transport.process");
    }
}
