package dev.gatehouse.transport.process;

import dev.gatehouse.wire.TokenBucket;
import java.util.function.Consumer;

/// Lines of a log about who comes, goes and is refused: one each, but under a flood no more than a
/// person can read. Tells how many were left out. Not thread-safe.
public final class EventLog {
    private static final int PER_SECOND = 10;

    private final TokenBucket lines;
    private final Consumer<String> log;
    private long leftOut;
    private long leftOutInAll;

    /// @param burst lines that may come at once
    /// @param log writes one line
    public EventLog(int burst, Consumer<String> log) {
        this.lines = new TokenBucket(PER_SECOND, burst);
        this.log = log;
    }

    public void say(String line, long nowNs) {
        tellLeftOut(nowNs);
        if (leftOut == 0 && lines.take(nowNs)) {
            log.accept(line);
        } else {
            leftOut++;
            leftOutInAll++;
        }
    }

    /// Call each second or so: a flood may be followed by silence.
    public void handleTimeout(long nowNs) {
        tellLeftOut(nowNs);
    }

    private void tellLeftOut(long nowNs) {
        if (leftOut > 0 && lines.take(nowNs)) {
            log.accept("%d such lines were left out".formatted(leftOut));
            leftOut = 0;
        }
    }

    /// Lines left out since the start.
    public long leftOut() {
        return leftOutInAll;
    }
}
