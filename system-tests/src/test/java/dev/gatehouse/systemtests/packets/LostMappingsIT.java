package dev.gatehouse.systemtests.packets;

import static dev.gatehouse.systemtests.site.SmallSite.in;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.PathSite;
import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.SmallSite;
import dev.gatehouse.testkit.Eventually;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Packets over a relay, through routers that translate with random ports, while what the way
/// consists of changes below it.
@Tag("netns")
class LostMappingsIT {
    private static final long DARK_MAX_MS = 3_000;
    private static final long DARK_WITH_PORTAL_MAX_MS = 10_000; // both peers lose it, too
    private static final long DARK_AFTER_MOVE_MAX_MS = 15_000;

    @TempDir private Path folder;

    @Test
    void packetsGoOnWhenRoutersForgetAndTheGatewayMoves() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var site = PathSite.build(sandbox);
                    site.rules(PathSite.Ports.RANDOM, true);
                    SmallSite.startPortal(sandbox);
                    site.startRelay();
                    var gateway = site.startGateway();
                    var client = site.startClient("client4");
                    site.awaitPath("client4");

                    long there = gapMs(sandbox, () -> site.forget("there"));
                    long here = gapMs(sandbox, () -> site.forget("here"));
                    long both = gapMs(sandbox, site::forgetAll);
                    long moved = gapMs(sandbox, () -> move(site));

                    assertThat(there)
                            .as("%s%n%s", gateway.err(), client.err())
                            .isLessThan(Eventually.patientMs(DARK_MAX_MS));
                    assertThat(here)
                            .as("%s%n%s", gateway.err(), client.err())
                            .isLessThan(Eventually.patientMs(DARK_MAX_MS));
                    assertThat(both)
                            .as("%s%n%s", gateway.err(), client.err())
                            .isLessThan(Eventually.patientMs(DARK_WITH_PORTAL_MAX_MS));
                    assertThat(moved)
                            .as("%s%n%s", gateway.err(), client.err())
                            .isLessThan(Eventually.patientMs(DARK_AFTER_MOVE_MAX_MS));
                    assertThat(client.err()).doesNotContain("lost gateway");
                });
    }

    /// The gateway's host leaves one network and joins another.
    private static void move(PathSite site) throws Exception {
        site.exec("gateway", "ip", "addr", "flush", "dev", "eth0", "scope", "global");
        site.exec("there", "ip", "addr", "add", "10.96.0.1/24", "dev", "gateway");
        site.exec("gateway", "ip", "addr", "add", "10.96.0.2/24", "dev", "eth0");
        site.exec("gateway", "ip", "route", "add", "default", "via", "10.96.0.1");
    }

    private interface Change {
        void run() throws Exception;
    }

    /// The longest time without an answer to pings, ten a second, from `change` until they have
    /// flowed for four seconds.
    private static long gapMs(Sandbox sandbox, Change change) throws Exception {
        var ping = Spec.of("ping", "-D", "-i0.1", "10.77.0.10");
        var answers = sandbox.start(in("client4", ping)).awaitText("icmp_seq=5 ");
        change.run();
        long before = times(answers).size();
        sandbox.until("answers again", () -> times(answers).size() >= before + 40);
        answers.close();
        double longest = 0;
        double last = Double.MAX_VALUE;
        for (double at : times(answers)) {
            longest = Math.max(longest, at - last);
            last = at;
        }
        System.out.printf("longest gap %.0f ms%n", longest * 1e3);
        return (long) (longest * 1e3);
    }

    /// When answers came, in seconds.
    private static List<Double> times(Program ping) throws Exception {
        return ping.out()
                .lines()
                .filter(line -> line.startsWith("[") && line.contains("icmp_seq="))
                .map(line -> Double.parseDouble(line.substring(1, line.indexOf(']'))))
                .toList();
    }
}
