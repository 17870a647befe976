package dev.gatehouse.relay;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String SERVER = "dev.gatehouse.relay.server";

    @Test
    void theServerIsPure() {
        GatehouseArchRules.checkPure(SERVER);
    }

    @Test
    void theServerKnowsNothingOfTheProcess() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.gatehouse.relay",
                        "dev.gatehouse.channel..",
                        "dev.gatehouse.transport..",
                        "dev.gatehouse.http..")
                .because("the process asks the server, never the other way round")
                .check(
                        new ClassFileImporter()
                                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                                .importPackages(SERVER));
    }

    @Test
    void requestsAndDataDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage(SERVER + ".data")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SERVER + ".request", SERVER + ".login")
                .because("relayed packets ask the tables only")
                .check(
                        new ClassFileImporter()
                                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                                .importPackages(SERVER));
    }
}
