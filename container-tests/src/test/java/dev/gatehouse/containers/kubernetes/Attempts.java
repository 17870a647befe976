package dev.gatehouse.containers.kubernetes;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Frame;
import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.testkit.Eventually;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Somebody in a container who wants a web page again and again, each time over a new connection.
final class Attempts {
    /// @param failed how many attempts had not succeeded after 1 s
    /// @param longestMs the longest time without a success: from the end of one to the end of the
    ///     next, milliseconds
    record Outcome(int made, int failed, long longestMs) {}

    private record Attempt(long endedNs, boolean ok) {}

    private static final int END_LIMIT_S = 60;
    private static final String LOOP =
            """
            trap 'stop=1' TERM
            while [ -z "$stop" ]; do
                if timeout 1 wget -q -O /dev/null "$0"; then echo ok; else echo failed; fi
                sleep 0.1
            done
            """;

    private final List<Attempt> attempts = new ArrayList<>();
    private final long startedNs = System.nanoTime();
    private final String execution;
    private final ResultCallback.Adapter<Frame> said;

    /// @param box its container, which has a shell and `wget`
    Attempts(Box box, String url) {
        var docker = Engine.client();
        execution =
                docker.execCreateCmd(box.getContainerId())
                        .withCmd("sh", "-c", LOOP, url)
                        .withAttachStdout(true)
                        .exec()
                        .getId();
        said =
                docker.execStartCmd(execution)
                        .exec(
                                new ResultCallback.Adapter<Frame>() {
                                    @Override
                                    public void onNext(Frame frame) {
                                        hear(
                                                new String(
                                                        frame.getPayload(),
                                                        StandardCharsets.UTF_8));
                                    }
                                });
    }

    private long successes() {
        synchronized (attempts) {
            return attempts.stream().filter(Attempt::ok).count();
        }
    }

    private void hear(String text) {
        long nowNs = System.nanoTime();
        synchronized (attempts) {
            text.lines().forEach(line -> attempts.add(new Attempt(nowNs, line.equals("ok"))));
        }
    }

    /// Waits for one more success, and tells of all attempts.
    ///
    /// @param node where its process can be told to end
    Outcome end(Node node) throws InterruptedException {
        long before = successes();
        Eventually.holds("the page is there", Eventually.LONG, () -> successes() > before);
        long pid = Engine.client().inspectExecCmd(execution).exec().getPidLong();
        node.run(List.of("busybox", "kill", "-TERM", Long.toString(pid)));
        if (!said.awaitCompletion(END_LIMIT_S, TimeUnit.SECONDS)) {
            throw new AssertionError("the attempts do not end");
        }
        long lastNs = startedNs;
        long longestNs = 0;
        int failed = 0;
        synchronized (attempts) {
            for (Attempt attempt : attempts) {
                failed += attempt.ok ? 0 : 1;
                if (attempt.ok) {
                    longestNs = Math.max(longestNs, attempt.endedNs - lastNs);
                    lastNs = attempt.endedNs;
                }
            }
            return new Outcome(attempts.size(), failed, longestNs / 1_000_000);
        }
    }
}
