package dev.gatehouse.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.gatehouse.testkit.cycle.egg.Egg;
import dev.gatehouse.testkit.cycle.hen.Hen;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The rules hold for `wire`, and each of them notices who breaks it.
class ArchitectureTest {
    @Test
    void wireIsPure() {
        GatehouseArchRules.checkPure("dev.gatehouse.wire");
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                ReadsTheClock.class,
                OpensASocket.class,
                MakesRandomness.class,
                IteratesByHash.class,
                MakesASetByHash.class,
                IsVolatile.class,
                StartsAThread.class
            })
    void aBrokenLawIsNoticed(Class<?> offender) {
        var classes = new ClassFileImporter().importClasses(offender);

        assertThatThrownBy(() -> GatehouseArchRules.rules().forEach(rule -> rule.check(classes)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(offender.getSimpleName());
    }

    @Test
    void packagesThatNeedEachOtherAreNoticed() {
        var classes = new ClassFileImporter().importPackagesOf(Hen.class, Egg.class);

        assertThatThrownBy(() -> GatehouseArchRules.noCycles().check(classes))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Hen")
                .hasMessageContaining("Egg");
    }

    @SuppressWarnings("unused")
    private static final class ReadsTheClock {
        long now() {
            return System.nanoTime();
        }
    }

    @SuppressWarnings("unused")
    private static final class OpensASocket {
        Object open() throws java.io.IOException {
            return new java.net.DatagramSocket();
        }
    }

    @SuppressWarnings("unused")
    private static final class MakesRandomness {
        Object random() {
            return new Random(1);
        }
    }

    @SuppressWarnings("unused")
    private static final class IteratesByHash {
        Map<String, String> map() {
            return new HashMap<>();
        }
    }

    @SuppressWarnings("unused")
    private static final class MakesASetByHash {
        Set<String> set() {
            return Set.of("a");
        }
    }

    @SuppressWarnings("unused")
    private static final class IsVolatile {
        private volatile int x;
    }

    @SuppressWarnings("unused")
    private static final class StartsAThread {
        void start() {
            new Thread(() -> {}).start();
        }
    }
}
