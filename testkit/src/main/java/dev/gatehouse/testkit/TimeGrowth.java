package dev.gatehouse.testkit;

import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/// How much longer a step takes when there is more of what it must not look through. For work that
/// allocates nothing; else [AllocatedBytes] tell more.
public final class TimeGrowth {
    private static final int ROUNDS = 40;

    private TimeGrowth() {}

    /// Returns how many times as long a step takes with `many` entries as with `few`. The least of
    /// many rounds counts: a busy machine makes some of them long, not all.
    ///
    /// @param setUp makes what there is before, so many entries, and returns the step, which is
    ///     given a number that counts up
    /// @param steps of a round; there are 40 rounds, and 40 times as many steps
    public static double of(int few, int many, int steps, IntFunction<IntConsumer> setUp) {
        var withFew = setUp.apply(few);
        var withMany = setUp.apply(many);
        long fewNs = Long.MAX_VALUE;
        long manyNs = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) { // in turn: both meet the compiler alike
            fewNs = Math.min(fewNs, ns(withFew, round, steps));
            manyNs = Math.min(manyNs, ns(withMany, round, steps));
        }
        return manyNs / (double) fewNs;
    }

    private static long ns(IntConsumer step, int round, int steps) {
        long beganNs = System.nanoTime();
        for (int i = 0; i < steps; i++) {
            step.accept(round * steps + i);
        }
        return System.nanoTime() - beganNs;
    }
}
