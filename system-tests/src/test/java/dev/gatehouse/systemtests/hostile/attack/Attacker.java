package dev.gatehouse.systemtests.hostile.attack;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/// The bad peer: does each input of its role as a whole, then seeded mixes of small parts until its
/// time is over. A program of its own.
///
/// ```
/// begin NS WHAT       nanoseconds of the machine's monotonic clock
/// did WHAT MS ms
/// mix SEED: NAME SHARE, ...
/// refused WHAT: WHY
/// ```
public final class Attacker {
    private static final long WHOLE_LIMIT_NS = TimeUnit.MILLISECONDS.toNanos(1_000);
    private static final long PART_LIMIT_NS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final int PARTS_MAX = 5;
    private static final double SHARE_MAX = 0.05;

    /// A bad peer that is ready to do its inputs.
    interface Role extends AutoCloseable {
        List<Input> inputs();

        @Override
        void close() throws IOException;
    }

    private Attacker() {}

    /// @param arguments role, seed, seconds, names of inputs divided by commas or none for all
    public static void main(String[] arguments) throws Exception {
        long seed = Long.parseLong(arguments[1]);
        long seconds = Long.parseLong(arguments[2]);
        try (var role = role(arguments[0])) {
            var inputs = chosen(role.inputs(), arguments[3]);
            for (var input : inputs) {
                run(input, new Input.Effort(1, WHOLE_LIMIT_NS, new SplittableRandom(seed)));
            }
            long untilNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            for (int i = 0; System.nanoTime() < untilNs; i++) {
                mix(inputs, seed + i);
            }
        }
        System.exit(0);
    }

    private static Role role(String name) throws IOException {
        return switch (name) {
            case "client" -> HostileClient.logIn();
            case "gateway" -> HostileGateway.logIn();
            case "stranger" -> HostileStranger.arrive();
            case "relay-user" -> HostileRelayUser.logIn();
            case "dns-server" -> LuredUser.arrive();
            default -> throw new IllegalArgumentException("no such role: " + name);
        };
    }

    private static List<Input> chosen(List<Input> all, String names) {
        var wanted = List.of(names.split(","));
        return names.isEmpty() ? all : all.stream().filter(i -> wanted.contains(i.name())).toList();
    }

    private static void mix(List<Input> inputs, long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        var names = new ArrayList<String>();
        var parts = new ArrayList<Runnable>();
        for (int i = random.nextInt(PARTS_MAX); i >= 0; i--) {
            var input = inputs.get(random.nextInt(inputs.size()));
            double share = SHARE_MAX * random.nextDouble();
            names.add(String.format(Locale.ROOT, "%s %.4f", input.name(), share));
            parts.add(() -> run(input, new Input.Effort(share, PART_LIMIT_NS, random)));
        }
        System.out.println("mix " + seed + ": " + String.join(", ", names));
        parts.forEach(Runnable::run);
    }

    private static void run(Input input, Input.Effort effort) {
        long beganNs = System.nanoTime();
        System.out.println("begin " + beganNs + " " + input.name());
        try {
            input.deed().run(effort);
        } catch (IOException e) {
            System.out.println("refused " + input.name() + ": " + e);
        }
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs);
        if (effort.isWhole()) {
            System.out.println("did " + input.name() + " " + tookMs + " ms");
        }
    }
}
