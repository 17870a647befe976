package dev.gatehouse.stun;

import java.util.random.RandomGenerator;

/// The 96 bits that tie a response to its request, as three big-endian words.
public record TransactionId(int a, int b, int c) {
    public static final int LENGTH = 12;

    public static TransactionId random(RandomGenerator random) {
        return new TransactionId(random.nextInt(), random.nextInt(), random.nextInt());
    }

    @Override
    public String toString() {
        return "%08x%08x%08x".formatted(a, b, c);
    }
}
