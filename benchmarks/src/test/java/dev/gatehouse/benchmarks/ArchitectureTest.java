package dev.gatehouse.benchmarks;

import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void noTwoPackagesNeedEachOther() {
        GatehouseArchRules.checkNoCycles("dev.gatehouse.benchmarks");
    }
}
