package dev.gatehouse.manifests;

import dev.gatehouse.manifests.kubelet.Pod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// Somebody who wants the web page again and again, each time over a new connection.
final class Attempts implements AutoCloseable {
    /// @param failed how many attempts had not succeeded after 1 s
    /// @param longestMs the longest time without a success: from the end of one to the end of the
    ///     next, milliseconds
    record Outcome(int made, int failed, long longestMs, String error) {}

    private record Attempt(long endedNs, boolean ok, String error) {}

    private static final long PAUSE_NS = Duration.ofMillis(100).toNanos();

    private final Pod client;
    private final String url;
    private final List<Attempt> attempts = new ArrayList<>();
    private final long startedNs = System.nanoTime();
    private final Thread thread;
    private volatile boolean stopping;

    /// @param client the application's pod
    Attempts(Pod client, String url) {
        this.client = client;
        this.url = url;
        thread = Thread.ofPlatform().name("attempts").start(this::run);
    }

    private void run() {
        while (!stopping) {
            attempts.add(once());
            LockSupport.parkNanos(PAUSE_NS);
        }
        attempts.add(once());
    }

    private Attempt once() {
        var result = client.exec("application", "curl", "-sS", "-m", "1", "-o", "/dev/null", url);
        return new Attempt(System.nanoTime(), result.isOk(), result.err().strip());
    }

    /// Makes a last attempt and tells.
    Outcome end() throws InterruptedException {
        stopping = true;
        thread.join();
        long lastNs = startedNs;
        long longestNs = 0;
        int failed = 0;
        String error = "";
        for (Attempt attempt : attempts) {
            if (attempt.ok) {
                longestNs = Math.max(longestNs, attempt.endedNs - lastNs);
                lastNs = attempt.endedNs;
            } else {
                failed++;
                error = attempt.error;
            }
        }
        longestNs = Math.max(longestNs, attempts.getLast().endedNs - lastNs);
        return new Outcome(attempts.size(), failed, longestNs / 1_000_000, error);
    }

    @Override
    public void close() {
        stopping = true;
    }
}
