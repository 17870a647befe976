package dev.gatehouse.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/// Damages genuine input the way an attacker or a broken peer would. The same seed always does the
/// same damage. Not thread-safe.
public final class Mutator {
    private static final int CHANGES_MAX = 4;
    private static final byte[] EDGES = {0, 1, 0x3F, 0x40, 0x7F, (byte) 0x80, (byte) 0xC0, -1};
    private static final Pattern JSON_TOKEN =
            Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|[{}\\[\\],:]|[^\\s{}\\[\\],:\"]+");
    private static final List<String> JSON_VALUES =
            List.of(
                    "null",
                    "true",
                    "{}",
                    "[]",
                    "[null]",
                    "[[]]",
                    "\"\"",
                    "\"\\u0000\"",
                    "\"\\ud800\"",
                    "\"%s\"".formatted("x".repeat(3000)),
                    "\"::\"",
                    "\"256.0.0.1\"",
                    "\"10.0.0.0/99\"",
                    "0",
                    "-1",
                    "0.5",
                    "1e999",
                    "9223372036854775808",
                    "{\"type\":1}",
                    "[".repeat(40) + "]".repeat(40));

    private final SplittableRandom random;

    public Mutator(long seed) {
        random = new SplittableRandom(seed);
    }

    /// One of these, uniformly.
    public <E> E choose(List<E> from) {
        return from.get(random.nextInt(from.size()));
    }

    /// A number from 0 to `bound` - 1.
    public int below(int bound) {
        return random.nextInt(bound);
    }

    /// A copy with one to four changes: bits and bytes turned over, pieces cut, repeated or
    /// inserted.
    public byte[] bytes(byte[] genuine) {
        byte[] damaged = genuine.clone();
        for (int i = random.nextInt(CHANGES_MAX); i >= 0; i--) {
            damaged = change(damaged);
        }
        return damaged;
    }

    private byte[] change(byte[] in) {
        if (in.length == 0) {
            return new byte[] {(byte) random.nextInt()};
        }
        int at = random.nextInt(in.length);
        return switch (random.nextInt(8)) {
            case 0 -> Arrays.copyOf(in, at);
            case 1 -> splice(in, at, at, noise(1 + random.nextInt(8)));
            case 2 -> splice(in, at, Math.min(in.length, at + 1 + random.nextInt(8)), noise(0));
            case 3 -> splice(in, at, at, Arrays.copyOfRange(in, 0, at));
            case 4, 5 -> set(in, at, EDGES[random.nextInt(EDGES.length)]);
            case 6 -> set(in, at, (byte) random.nextInt());
            default -> set(in, at, (byte) (in[at] ^ 1 << random.nextInt(8)));
        };
    }

    private static byte[] set(byte[] in, int at, byte value) {
        in[at] = value;
        return in;
    }

    private static byte[] splice(byte[] in, int from, int to, byte[] insert) {
        byte[] out = Arrays.copyOf(in, from + insert.length + in.length - to);
        System.arraycopy(insert, 0, out, from, insert.length);
        System.arraycopy(in, to, out, from + insert.length, in.length - to);
        return out;
    }

    /// Bytes out of nothing.
    public byte[] noise(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /// JSON text with one to four changes: values of other types and sizes, tokens lost, doubled or
    /// exchanged. Most of it still is JSON.
    public String json(String genuine) {
        var tokens = new ArrayList<>(tokens(genuine));
        for (int i = random.nextInt(CHANGES_MAX); i >= 0 && !tokens.isEmpty(); i--) {
            changeToken(tokens, random.nextInt(tokens.size()));
        }
        return String.join("", tokens);
    }

    private static List<String> tokens(String json) {
        return JSON_TOKEN.matcher(json).results().map(match -> match.group()).toList();
    }

    private void changeToken(List<String> tokens, int at) {
        boolean isValue = !tokens.get(at).matches("[{}\\[\\],:]");
        switch (random.nextInt(isValue ? 12 : 60)) {
            case 0 -> tokens.remove(at);
            case 1 -> tokens.add(at, tokens.get(at));
            case 2 -> tokens.set(at, tokens.get(random.nextInt(tokens.size())));
            default -> {
                if (isValue && !isKey(tokens, at)) {
                    tokens.set(at, choose(JSON_VALUES));
                }
            }
        }
    }

    private static boolean isKey(List<String> tokens, int at) {
        return at + 1 < tokens.size() && tokens.get(at + 1).equals(":");
    }
}
