package dev.gatehouse.portal;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.gatehouse.testkit.GatehouseArchRules;
import org.junit.jupiter.api.Test;

/// The arrows worth a name; [RoomsTest] has the map of all.
class ArchitectureTest {
    private static final String ROOT = "dev.gatehouse.portal";
    private static final String[] PURE = {
        in("directory"), in("policy"), in("token"), in("state"), in("hub")
    };
    private static final String[] SHELL = {
        ROOT,
        in("api.."),
        in("command.."),
        in("config.."),
        in("listener.."),
        in("loop.."),
        in("store..")
    };
    private static final JavaClasses MAIN =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages(ROOT);

    private static String in(String room) {
        return ROOT + "." + room;
    }

    private static void check(String user, String why, String... rooms) {
        noClasses()
                .that()
                .resideInAPackage(in(user))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(rooms)
                .because(why)
                .check(MAIN);
    }

    @Test
    void theDecisionsAndTheHubArePure() {
        GatehouseArchRules.checkPure(PURE);
    }

    @Test
    void nothingMovesPacketsHere() {
        GatehouseArchRules.checkUsesOnly(
                ROOT, "dev.gatehouse.transport", "dev.gatehouse.transport.process");
    }

    @Test
    void whatIsPureUsesNothingOfTheShell() {
        for (String room : PURE) {
            check(room.substring(ROOT.length() + 1) + "..", "the shell calls the hub", SHELL);
        }
    }

    @Test
    void theDecisionsKnowNoHub() {
        check(
                "directory..",
                "it is what the file says",
                in("policy.."),
                in("state.."),
                in("hub.."));
        check(
                "policy..",
                "a condition is judged by facts",
                in("token.."),
                in("state.."),
                in("hub.."));
        check("token..", "a secret is made of what it is given", in("directory.."), in("policy.."));
        check("token..", "a secret is made of what it is given", in("state.."), in("hub.."));
        check("state..", "values know nobody who holds them", in("policy.."), in("hub.."));
    }

    @Test
    void theStoreKnowsNeitherTheHubNorListeners() {
        check("store..", "it stores values", in("hub.."), in("policy.."), in("config.."));
        check("store..", "it stores values", in("api.."), in("listener.."), in("loop.."));
    }

    @Test
    void theFileKnowsNeitherTheHubNorTheStore() {
        check("config..", "it yields a directory", in("state.."), in("hub.."), in("store.."));
    }

    @Test
    void helpersStartNoPortal() {
        check("command..", "they work beside a portal", ROOT, in("hub.."), in("loop.."));
    }

    @Test
    void listenersDoNotKnowEachOther() {
        check("listener..", "one serves peers", in("api.."), in("store.."));
        check("api..", "one serves an administrator", in("listener.."));
    }
}
