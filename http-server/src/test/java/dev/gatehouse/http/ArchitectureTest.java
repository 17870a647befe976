package dev.gatehouse.http;

import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theTablesArePure() {
        GatehouseArchRules.checkPure("dev.gatehouse.http.table");
    }
}
