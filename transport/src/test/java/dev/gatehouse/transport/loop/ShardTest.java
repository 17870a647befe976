package dev.gatehouse.transport.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.transport.process.MonotonicClock;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ShardTest {
    private final MonotonicClock clock = new MonotonicClock();

    @Test
    void idleShardIsWokenByACommand() throws Exception {
        var agent = new RecordingAgent();
        try (var shard = shard(agent, 8, new CompletableFuture<>())) {
            shard.start();

            var done = new CountDownLatch(1);
            assertThat(shard.post(done::countDown)).isTrue();

            assertThat(done.await(5, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(agent.stopped).isTrue();
    }

    @Test
    void deadlineIsMet() throws Exception {
        var agent = new RecordingAgent();
        agent.deadlineNs = clock.nowNs() + 20_000_000;
        try (var shard = shard(agent, 8, new CompletableFuture<>())) {
            shard.start();

            long firedNs = agent.fired.get(5, TimeUnit.SECONDS);

            assertThat(firedNs).isGreaterThanOrEqualTo(agent.askedNs);
        }
    }

    @Test
    void chatterLeavesHalfTheQueueToWhatMustNotBeLost() throws Exception {
        var agent = new RecordingAgent();
        var busy = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        try (var shard = shard(agent, 4, new CompletableFuture<>())) {
            shard.start();
            shard.post(
                    () -> {
                        busy.countDown();
                        await(release);
                    });
            busy.await();

            assertThat(shard.postChatter(() -> {})).isTrue();
            assertThat(shard.postChatter(() -> {})).isTrue();
            for (int i = 0; i < 100; i++) {
                assertThat(shard.postChatter(() -> {})).isFalse();
            }
            assertThat(shard.post(() -> {})).isTrue();
            assertThat(shard.post(() -> {})).isTrue();
            assertThat(shard.refusedCommands()).isEqualTo(100);
            release.countDown();
        }
    }

    @Test
    void fullQueueRefusesAndCounts() throws Exception {
        var agent = new RecordingAgent();
        var busy = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        try (var shard = shard(agent, 2, new CompletableFuture<>())) {
            shard.start();
            shard.post(
                    () -> {
                        busy.countDown();
                        await(release);
                    });
            busy.await();

            assertThat(shard.post(() -> {})).isTrue();
            assertThat(shard.post(() -> {})).isTrue();
            assertThat(shard.post(() -> {})).isFalse();

            assertThat(shard.refusedCommands()).isEqualTo(1);
            release.countDown();
        }
    }

    @Test
    void commandsPostedBeforeTheStopAreDone() throws Exception {
        var agent = new RecordingAgent();
        var done = new CountDownLatch(1);
        var shard = shard(agent, 8, new CompletableFuture<>());
        shard.post(done::countDown);
        shard.start();
        shard.stop();

        assertThat(shard.join(Duration.ofSeconds(5))).isTrue();
        assertThat(done.getCount()).isZero();
        assertThat(shard.post(() -> {})).isFalse();
    }

    @Test
    void failureEndsTheShardLoudly() throws Exception {
        var agent = new RecordingAgent();
        var failure = new CompletableFuture<Throwable>();
        try (var shard = shard(agent, 8, failure)) {
            shard.start();
            shard.post(
                    () -> {
                        throw new IllegalStateException("boom");
                    });

            assertThat(failure.get(5, TimeUnit.SECONDS)).hasMessage("boom");
            assertThat(agent.stopped).isTrue();
        }
    }

    @Test
    void workCountsAsBusyAndWaitingDoesNot() throws Exception {
        long workNs = Duration.ofMillis(20).toNanos();
        long waitNs = Duration.ofMillis(200).toNanos();
        var agent = new RecordingAgent();
        try (var shard = shard(agent, 8, new CompletableFuture<>())) {
            shard.start();
            var worked = new CountDownLatch(1);
            shard.post(
                    () -> {
                        long untilNs = clock.nowNs() + workNs;
                        while (clock.nowNs() < untilNs) {
                            Thread.onSpinWait();
                        }
                        agent.deadlineNs = clock.nowNs() + waitNs;
                    });
            shard.post(worked::countDown);
            worked.await();
            long beforeNs = shard.busyNs();
            long startedNs = clock.nowNs();
            agent.fired.get(5, TimeUnit.SECONDS);
            shard.stop();
            assertThat(shard.join(Duration.ofSeconds(5))).isTrue();

            long tookNs = clock.nowNs() - startedNs;
            assertThat(shard.busyNs()).isGreaterThanOrEqualTo(workNs);
            assertThat(shard.busyNs() - beforeNs).isLessThan(tookNs - waitNs / 2);
        }
    }

    private Shard<Runnable> shard(
            RecordingAgent agent, int commandsMax, CompletableFuture<Throwable> failure)
            throws IOException {
        return new Shard<>("shard", agent, new Poller(), clock, commandsMax, failure::complete);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class RecordingAgent implements Agent<Runnable> {
        private final CompletableFuture<Long> fired = new CompletableFuture<>();
        private volatile boolean stopped;
        private long deadlineNs = NEVER;
        private long askedNs;

        @Override
        public void handleCommand(Runnable command, long nowNs) {
            command.run();
        }

        @Override
        public void handleTimeout(long nowNs) {
            askedNs = deadlineNs;
            deadlineNs = NEVER;
            fired.complete(nowNs);
        }

        @Override
        public int doWork(long nowNs) {
            return 0;
        }

        @Override
        public long pollTimeout() {
            return deadlineNs;
        }

        @Override
        public void stop(long nowNs) {
            stopped = true;
        }
    }
}
