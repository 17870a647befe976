package dev.gatehouse.turn;

import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theModuleIsPure() {
        GatehouseArchRules.checkPure("dev.gatehouse.turn");
    }
}
