package dev.gatehouse.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchException;

import dev.gatehouse.portal.TestPeer.Age;
import dev.gatehouse.transport.process.MonotonicClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What expires while the portal's host sleeps: the wall clock goes on, the ticker stands still.
class SleepTest {
    private static final Duration LIFE = Duration.ofHours(1);

    @TempDir private Path directory;

    @Test
    void tokenThatExpiredMeanwhileIsRefusedAndItsSessionEnds() throws Exception {
        var sleptMs = new AtomicLong();
        var clock =
                new MonotonicClock(
                        System::nanoTime,
                        () -> Instant.ofEpochMilli(System.currentTimeMillis() + sleptMs.get()));
        var expires = Instant.now().plus(LIFE).truncatedTo(java.time.temporal.ChronoUnit.SECONDS);
        var yaml = TestPortal.yaml().replace("id: gw,", "id: gw, expires: \"" + expires + "\",");
        try (var portal = TestPortal.start(directory, yaml, clock);
                var gateway = TestPeer.gateway(portal, Age.OCTOBER_2025, 1)) {
            gateway.join();

            sleptMs.set(LIFE.plusMinutes(1).toMillis());

            gateway.awaitClose();
            var refused = catchException(() -> TestPeer.gateway(portal, Age.OCTOBER_2025, 2));
            assertThat(TestPeer.refusedWith(refused)).isEqualTo(401);
        }
    }
}
