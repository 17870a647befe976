package dev.gatehouse.portal;

import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theDecisionsAndTheHubArePure() {
        GatehouseArchRules.checkPure("dev.gatehouse.portal.policy", "dev.gatehouse.portal.hub");
    }
}
