package dev.gatehouse.channel;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String ROOT = "dev.gatehouse.channel";

    @Test
    void framesSessionsAndMessagesArePure() {
        GatehouseArchRules.checkPure(ROOT + ".frame", ROOT + ".session", ROOT + ".message");
    }

    @Test
    void onlyTheClientKnowsTheNetwork() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".client")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.vertx..", "io.netty..", ROOT + ".client")
                .because("frames, sessions, messages and logins must be usable without a network")
                .check(classes());
    }

    @Test
    void sessionsKnowNoMessage() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOT + ".session", ROOT + ".client", ROOT + ".frame")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".message..")
                .because("what an event means is its receiver's business")
                .check(classes());
    }

    private static JavaClasses classes() {
        return new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(ROOT);
    }
}
