package dev.gatehouse.systemtests.hostile.attack;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/// One bad thing that a peer can do, by name.
record Input(String name, Deed deed) {
    /// What is done.
    interface Deed {
        /// @throws IOException if those who are attacked refuse to go on: they may
        void run(Effort effort) throws IOException;
    }

    /// How much of it: the whole, or a small part among others.
    static final class Effort {
        private static final long EARLY_NS = 2_000_000;
        private static final long EVERY_NS = 100_000; // 10,000 a second

        private final double share;
        private final long beganNs = System.nanoTime();
        private final long untilNs;
        private final RandomGenerator random;

        /// @param share of the whole, up to 1
        /// @param limitNs the longest that it may take
        Effort(double share, long limitNs, RandomGenerator random) {
            this.share = share;
            untilNs = beganNs + limitNs;
            this.random = random;
        }

        boolean isWhole() {
            return share == 1;
        }

        RandomGenerator random() {
            return random;
        }

        /// Whether to do it once more, after `done` times.
        boolean goesOn(int done, int whole) {
            return done < Math.max(1, whole * share) && System.nanoTime() < untilNs;
        }

        /// Waits where datagrams would come faster than a network of 100 Mbit/s has them: whoever
        /// fills a link needs no product to do so.
        void keepPace(int done) {
            long earlyNs = beganNs + done * EVERY_NS - System.nanoTime();
            if (earlyNs > EARLY_NS) {
                LockSupport.parkNanos(earlyNs);
            }
        }
    }
}
