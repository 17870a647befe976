package dev.gatehouse.systemtests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.hostile.attack.Attacker;
import dev.gatehouse.systemtests.hostile.site.HostileSite;
import dev.gatehouse.systemtests.hostile.site.Measures;
import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// One role's turn: the bad peer does all it can, and the honest user must hardly notice.
///
/// `-Dhostile.seconds=600` for longer mixes, `-Dhostile.seed=7` for those of an earlier run,
/// `-Dhostile.inputs=a,b` for some of the inputs only.
final class Trial {
    private static final int SECONDS = Integer.getInteger("hostile.seconds", 8);
    private static final long SEED = Long.getLong("hostile.seed", System.nanoTime() & 0xFFFF_FFFFL);
    private static final String INPUTS = System.getProperty("hostile.inputs", "");

    private static final int QUIET_TIMES = 8; // about four seconds of downloads and flows
    private static final int AFTERWARDS_TIMES = 2;
    private static final long END_LIMIT_MS = 60_000; // beyond its time

    /// What is as good as quiet on a machine that is busy otherwise, in milliseconds; faults take
    /// seconds.
    private static final Map<String, Long> FLOORS_MS =
            Map.of(
                    "ping",
                    200L,
                    "kept",
                    200L,
                    "download",
                    1_000L,
                    "flow",
                    1_000L,
                    "name",
                    1_000L,
                    "portal",
                    1_000L);

    private static final double TIMES_QUIET_MAX = 5;
    private static final double UNANSWERED_SHARE_MAX = 0.05; // datagrams may get lost
    private static final double P99 = 99;
    private static final double P95 = 95;

    /// One wait is no fault, a stall is: no packet takes longer than this on a quiet machine.
    private static final long STALL_MS = 600;

    private static Measures quiet; // of this JVM; touched by the site's thread alone

    private Trial() {}

    static void run(HostileSite site, String role) throws Exception {
        run(site, role, "hostile");
    }

    /// @param host where the bad peer is
    static void run(HostileSite site, String role, String host) throws Exception {
        quiet(site);
        var spec =
                HostileSite.java(
                        Attacker.class,
                        role,
                        Long.toString(SEED),
                        Integer.toString(SECONDS),
                        INPUTS);
        long fromNs = System.nanoTime();
        var attacker = site.startInside(host, spec.after("nice", "-n", "5"));
        int code = attacker.await(SECONDS + Eventually.patientMs(END_LIMIT_MS) / 1_000);
        long untilNs = System.nanoTime();
        Files.writeString(Path.of("target", "hostile-" + role + ".txt"), attacker.out());
        System.out.printf("hostile %s, seed %d:%n%s", role, SEED, summary(attacker));
        assertThat(code).as(attacker.err()).isZero();

        site.awaitWork(untilNs, AFTERWARDS_TIMES);
        var measured = site.measures().between(fromNs, untilNs);
        System.out.printf("quiet:   %s%nhostile: %s%n%s%n", quiet, measured, site.memory());
        judge(role, measured, attacker);
        site.assertWell();
    }

    private static void quiet(HostileSite site) throws Exception {
        if (quiet == null) {
            long fromNs = System.nanoTime();
            site.awaitWork(fromNs, QUIET_TIMES);
            long untilNs = System.nanoTime();
            site.awaitWork(untilNs, 1);
            quiet = site.measures().between(fromNs, untilNs);
        }
    }

    private static void judge(String role, Measures measured, Program attacker) throws IOException {
        var complaints = new ArrayList<String>();
        for (var kind : Measures.KINDS) {
            double percent = kind.equals("ping") ? P99 : P95;
            long limit = limitMs(kind, percent);
            if (measured.percentileMs(kind, percent) > limit) {
                complaints.add(
                        "%s: %.0f %% within %.0f ms instead of %d; worst in \"%s\""
                                .formatted(
                                        kind,
                                        percent,
                                        measured.percentileMs(kind, percent),
                                        limit,
                                        during(attacker, measured.worstNs(kind))));
            }
        }
        if (measured.percentileMs("kept", 100) > Eventually.patientMs(STALL_MS)) {
            complaints.add(
                    "a stall of %.0f ms in \"%s\""
                            .formatted(
                                    measured.percentileMs("kept", 100),
                                    during(attacker, measured.worstNs("kept"))));
        }
        if (measured.unanswered() > UNANSWERED_SHARE_MAX * measured.count("sent")) {
            complaints.add("pings unanswered: " + measured.unanswered());
        }
        for (var failure : measured.failures()) {
            complaints.add(failure + " in \"" + during(attacker, Measures.beganNs(failure)) + "\"");
        }
        assertThat(complaints)
                .as("%s, seed %d; quiet %s, hostile %s", role, SEED, quiet, measured)
                .isEmpty();
    }

    private static long limitMs(String kind, double percent) {
        return Math.max(
                (long) (TIMES_QUIET_MAX * quiet.percentileMs(kind, percent)),
                Eventually.patientMs(FLOORS_MS.get(kind)));
    }

    /// What the bad peer did at that time.
    private static String during(Program attacker, long ns) throws IOException {
        String last = "nothing";
        for (var line : attacker.out().lines().filter(l -> l.startsWith("begin ")).toList()) {
            var words = line.split(" ", 3);
            if (Long.parseLong(words[1]) > ns) {
                break;
            }
            last = words[2];
        }
        return last;
    }

    /// What each input took, and who was refused what.
    private static String summary(Program attacker) throws IOException {
        List<String> lines = attacker.out().lines().toList();
        var took =
                lines.stream()
                        .filter(l -> l.startsWith("did "))
                        .map(l -> l.substring("did ".length()))
                        .collect(Collectors.joining(", "));
        var refused =
                lines.stream()
                        .filter(l -> l.startsWith("refused "))
                        .collect(
                                Collectors.groupingBy(l -> l, TreeMap::new, Collectors.counting()));
        return "  %s%n  %d mixes; %s%n"
                .formatted(took, lines.stream().filter(l -> l.startsWith("mix ")).count(), refused);
    }
}
