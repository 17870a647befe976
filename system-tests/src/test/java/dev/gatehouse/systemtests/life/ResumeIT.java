package dev.gatehouse.systemtests.life;

import static dev.gatehouse.systemtests.site.SmallSite.PORTAL;
import static dev.gatehouse.systemtests.site.SmallSite.build;
import static dev.gatehouse.systemtests.site.SmallSite.in;
import static dev.gatehouse.systemtests.site.SmallSite.peer;
import static dev.gatehouse.systemtests.site.SmallSite.proxyOf;
import static dev.gatehouse.systemtests.site.SmallSite.startPortal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.SmallSite;
import dev.gatehouse.systemtests.site.Trickle;
import dev.gatehouse.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Streams to clients that only listen, while the data plane is killed. What comes through a name
/// is translated, and nothing but the resource's own packets can bring the translation back.
@Tag("netns")
class ResumeIT {
    private static final int LISTEN_S = 9;
    private static final long GAP_MS_MAX = 4_000;

    @TempDir private Path folder;

    @Test
    void whoOnlyListensIsServedByTheNextDataPlane() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    build(sandbox);
                    var gateway = startAll(sandbox);
                    var v4 = proxyOf(sandbox, "A");
                    var v6 = proxyOf(sandbox, "AAAA");
                    sandbox.until("a path to the name", () -> ping(sandbox, v4) == 0);

                    var listeners = new ArrayList<Program>();
                    for (String to : List.of(v4, v6)) {
                        listeners.add(listen(sandbox, "listen", to));
                        listeners.add(listen(sandbox, "listen-udp", to));
                    }
                    sandbox.until("all are told", () -> translationsTold(sandbox) >= 4);
                    var killed = dataplane(gateway);
                    killed.destroyForcibly();
                    killed.onExit().join();

                    for (var listener : listeners) {
                        assertThat(longestGapMs(listener))
                                .isLessThan(Eventually.patientMs(GAP_MS_MAX));
                    }
                    assertThat(dataplane(gateway).pid()).isNotEqualTo(killed.pid());
                });
    }

    private static Program startAll(Sandbox sandbox) throws Exception {
        Files.writeString(Path.of("/etc/resolv.conf"), "nameserver " + PORTAL + "\n");
        startPortal(sandbox);
        sandbox.start(peer("relay").with("PUBLIC_IP4_ADDR", PORTAL))
                .awaitText("the portal knows this relay");
        var gateway = sandbox.start(in("gateway", peer("gateway"))).awaitText("joined the portal");
        sandbox.start(in("resource", end("serve"))).awaitText("serving");
        sandbox.start(in("client", peer("client"))).awaitText("the client is up");
        return gateway;
    }

    private static Program listen(Sandbox sandbox, String how, String to) throws Exception {
        var end = end(how, to, Integer.toString(LISTEN_S));
        return sandbox.start(in("client", end)).awaitText("listening");
    }

    private static double translationsTold(Sandbox sandbox) throws Exception {
        var ask = Spec.of("curl", "-sf", "http://127.0.0.1:8081/metrics");
        var metrics = sandbox.exec(in("gateway", ask).command().toArray(String[]::new));
        return metrics.lines()
                .filter(line -> line.startsWith("gatehouse_nat_sessions_told{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    private static ProcessHandle dataplane(Program gateway) {
        var launcher = ProcessHandle.of(gateway.pid()).orElseThrow();
        return launcher.descendants()
                .filter(p -> arguments(p.pid()).contains("dataplane"))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> arguments(long pid) {
        try {
            return List.of(Files.readString(Path.of("/proc/" + pid + "/cmdline")).split("\0"));
        } catch (IOException e) {
            return List.of(); // it has just ended
        }
    }

    private static long longestGapMs(Program listener) throws Exception {
        assertThat(listener.await()).as(listener.err()).isZero();
        var gap = listener.out().lines().toList().getLast();
        System.out.println(gap + " ms");
        return Long.parseLong(gap.substring("longest gap ".length()));
    }

    private static int ping(Sandbox sandbox, String to) throws Exception {
        return sandbox.start(in("client", Spec.of("ping", "-c1", "-W1", to))).await();
    }

    private static Spec end(String... arguments) {
        return SmallSite.end(Trickle.class, arguments);
    }
}
