package dev.gatehouse.client;

import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theStateIsPure() {
        GatehouseArchRules.checkPure("dev.gatehouse.client.state");
    }
}
