package dev.gatehouse.wireguard;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void theModuleIsPure() {
        GatehouseArchRules.checkPure("dev.gatehouse.wireguard");
    }

    @Test
    void foreignFunctionsAndVectorsStayInTheCryptoPackage() {
        var classes =
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("dev.gatehouse.wireguard");

        noClasses()
                .that()
                .resideOutsideOfPackage("dev.gatehouse.wireguard.crypto")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.lang.foreign..", "jdk.incubator.vector..")
                .check(classes);
    }
}
