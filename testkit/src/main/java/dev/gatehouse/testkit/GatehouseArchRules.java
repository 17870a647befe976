package dev.gatehouse.testkit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// The laws for packages that are pure: no clock, no IO, no threads, no randomness, no order by
/// hash. One `ArchitectureTest` per module calls [#checkPure] with its packages.
public final class GatehouseArchRules {
    private static final String LOOKUP_TABLE = "dev.gatehouse.wire.LookupTable";

    /// Classes a pure package may use although their packages or relatives are refused.
    private static final Set<String> ALLOWED = Set.of("java.util.concurrent.TimeUnit");

    private static final List<String> FORBIDDEN_PACKAGES =
            List.of(
                    "java.net.",
                    "java.nio.channels.",
                    "java.nio.file.",
                    "java.util.concurrent.",
                    "java.util.Timer",
                    "io.vertx.",
                    "io.netty.",
                    "io.grpc.",
                    "jnr.");

    private static final Set<String> FORBIDDEN_CLASSES =
            Set.of(
                    "java.lang.Thread",
                    "java.lang.ThreadLocal",
                    "java.lang.ProcessBuilder",
                    "java.lang.Runtime",
                    "java.time.Clock",
                    "java.io.File",
                    "java.io.FileInputStream",
                    "java.io.FileOutputStream",
                    "java.io.RandomAccessFile");

    private static final Set<String> CLOCKS_AND_ENVIRONMENT =
            Set.of(
                    "java.lang.System.nanoTime",
                    "java.lang.System.currentTimeMillis",
                    "java.lang.System.getenv",
                    "java.lang.System.getProperty",
                    "java.time.Instant.now",
                    "java.time.LocalDateTime.now",
                    "java.time.OffsetDateTime.now",
                    "java.time.ZonedDateTime.now");

    private static final Set<String> RANDOMNESS =
            Set.of(
                    "java.util.Random.<init>",
                    "java.util.SplittableRandom.<init>",
                    "java.security.SecureRandom.<init>",
                    "java.security.SecureRandom.getInstance",
                    "java.security.SecureRandom.getInstanceStrong",
                    "java.util.random.RandomGenerator.getDefault",
                    "java.util.random.RandomGenerator.of",
                    "java.util.UUID.randomUUID",
                    "java.util.Collections.shuffle",
                    "java.lang.Math.random");

    private static final Set<String> HASH_ORDER =
            Set.of(
                    "java.util.HashMap.<init>",
                    "java.util.HashSet.<init>",
                    "java.util.IdentityHashMap.<init>",
                    "java.util.WeakHashMap.<init>",
                    "java.util.Map.of",
                    "java.util.Map.ofEntries",
                    "java.util.Map.copyOf",
                    "java.util.Set.of",
                    "java.util.Set.copyOf",
                    "java.util.stream.Collectors.toSet",
                    "java.util.stream.Collectors.toUnmodifiableSet",
                    "java.util.stream.Collectors.toUnmodifiableMap");

    private GatehouseArchRules() {}

    /// Checks every rule for the main classes of these packages and the packages below them.
    ///
    /// @throws AssertionError naming each violation
    public static void checkPure(String... packages) {
        check(rules(), packages);
    }

    /// As [#checkPure], without the rules about randomness: for a module that must ask the JDK's
    /// crypto providers for objects that draw their own.
    public static void checkPureButRandom(String... packages) {
        check(List.of(noIo(), noClock(), noHashOrder(), noVolatile()), packages);
    }

    /// Checks that no two packages under `root` need each other, in however many steps: a stranger
    /// can read them from the bottom up.
    ///
    /// @throws AssertionError naming the cycle and the lines that close it
    public static void checkNoCycles(String root) {
        check(List.of(noCycles()), root);
    }

    /// Checks that the main classes below `root` use no package below `other` but `allowed`.
    ///
    /// @throws AssertionError naming each class that uses more
    public static void checkUsesOnly(String root, String other, String allowed) {
        check(
                List.of(
                        noClasses()
                                .should()
                                .dependOnClassesThat(
                                        JavaClass.Predicates.resideInAPackage(other + "..")
                                                .and(
                                                        DescribedPredicate.not(
                                                                JavaClass.Predicates
                                                                        .resideInAPackage(
                                                                                allowed + ".."))))
                                .because("of " + other + " it may know " + allowed + " alone")),
                root);
    }

    private static void check(List<ArchRule> rules, String... packages) {
        JavaClasses classes =
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages(packages);
        if (classes.isEmpty()) {
            throw new AssertionError("no classes in " + List.of(packages));
        }
        rules.forEach(rule -> rule.check(classes));
    }

    static List<ArchRule> rules() {
        return List.of(noIo(), noClock(), noRandomness(), noHashOrder(), noVolatile());
    }

    static ArchRule noCycles() {
        return slices().assignedFrom(new ByPackage())
                .should()
                .beFreeOfCycles()
                .because("packages are read from the bottom up");
    }

    private static ArchRule noIo() {
        return noClasses()
                .should()
                .dependOnClassesThat(new Forbidden())
                .as("pure packages do no IO and know no threads")
                .because("the shell owns sockets, files and threads (one writer per object)");
    }

    private static ArchRule noClock() {
        return noAccess(CLOCKS_AND_ENVIRONMENT, "pure packages read no clock and no environment")
                .because("time comes in as nowNs, settings as constructor arguments");
    }

    private static ArchRule noRandomness() {
        return noAccess(RANDOMNESS, "pure packages make no randomness")
                .because("a RandomGenerator is a constructor argument, so that a run replays");
    }

    private static ArchRule noHashOrder() {
        return noAccess(HASH_ORDER, "pure packages have no collection in order of hashes")
                .because("order may reach the wire: TreeMap, LinkedHashMap or LookupTable");
    }

    private static ArchRule noAccess(Set<String> forbidden, String description) {
        return noClasses()
                .that(DescribedPredicate.describe("are not " + LOOKUP_TABLE, isNotLookupTable()))
                .should()
                .accessTargetWhere(
                        DescribedPredicate.describe(
                                "is forbidden", access -> forbidden.contains(target(access))))
                .as(description);
    }

    private static Predicate<JavaClass> isNotLookupTable() {
        return javaClass -> !javaClass.getName().equals(LOOKUP_TABLE);
    }

    private static String target(JavaAccess<?> access) {
        return access.getTargetOwner().getName() + "." + access.getTarget().getName();
    }

    private static ArchRule noVolatile() {
        return noFields()
                .should()
                .haveModifier(JavaModifier.VOLATILE)
                .allowEmptyShould(true)
                .because("a mutable object belongs to one thread");
    }

    /// Each package of ours is a slice of its own.
    private static final class ByPackage implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
            String name = javaClass.getPackageName();
            return name.startsWith("dev.gatehouse")
                    ? SliceIdentifier.of(name)
                    : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "packages";
        }
    }

    /// Classes of sockets, files, threads, locks and of the adapters around the core.
    private static final class Forbidden extends DescribedPredicate<JavaClass> {
        Forbidden() {
            super("do IO or concurrency");
        }

        @Override
        public boolean test(JavaClass javaClass) {
            String name = javaClass.getName();
            return !ALLOWED.contains(name)
                    && (FORBIDDEN_CLASSES.contains(name)
                            || FORBIDDEN_PACKAGES.stream().anyMatch(name::startsWith));
        }
    }
}
