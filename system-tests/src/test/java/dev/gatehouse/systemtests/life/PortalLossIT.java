package dev.gatehouse.systemtests.life;

import static dev.gatehouse.systemtests.site.SmallSite.PORTAL;
import static dev.gatehouse.systemtests.site.SmallSite.build;
import static dev.gatehouse.systemtests.site.SmallSite.in;
import static dev.gatehouse.systemtests.site.SmallSite.peer;
import static dev.gatehouse.systemtests.site.SmallSite.startPortal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.SmallSite;
import dev.gatehouse.systemtests.site.Trickle;
import dev.gatehouse.testkit.Eventually;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A stream over a direct path, whose client only listens, while portal and relay are replaced; the
/// relay comes back last, when gateway and client are logged in.
@Tag("netns")
class PortalLossIT {
    private static final String RESOURCE = "10.77.0.10";
    private static final String JOINED = "joined the portal";
    private static final String LOGGED_IN = "logged in to the portal";

    @TempDir private Path folder;

    private Program portal;
    private Program relay;
    private Program gateway;
    private Program client;

    @Test
    void aListenerIsServedWhilePortalAndRelayAreReplaced() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    build(sandbox);
                    startAll(sandbox);

                    nobodyNoticesAPortalThatIsReplaced(sandbox);
                });
    }

    private void nobodyNoticesAPortalThatIsReplaced(Sandbox sandbox) throws Exception {
        var listener = listen(sandbox, 8);
        for (var program : List.of(relay, portal)) {
            program.terminate();
            assertThat(program.await()).as(program.err()).isZero();
        }

        replace(sandbox);

        assertThat(longestGapMs(listener)).isLessThan(Eventually.patientMs(1_000));
        assertThat(client.err()).doesNotContain("left gateway", "lost gateway");
    }

    private void replace(Sandbox sandbox) throws Exception {
        long joined = count(gateway, JOINED);
        long loggedIn = count(client, LOGGED_IN);
        portal = startPortal(sandbox);
        sandbox.until("the gateway joins", () -> count(gateway, JOINED) > joined);
        sandbox.until("the client logs in", () -> count(client, LOGGED_IN) > loggedIn);
        startRelay(sandbox);
    }

    private static long count(Program program, String text) throws Exception {
        return program.err().lines().filter(line -> line.contains(text)).count();
    }

    private static Program listen(Sandbox sandbox, int seconds) throws Exception {
        var end = end("listen", RESOURCE, Integer.toString(seconds));
        return sandbox.start(in("client", end)).awaitText("listening");
    }

    private long longestGapMs(Program listener) throws Exception {
        assertThat(listener.await())
                .as("%s%nclient: %s%ngateway: %s", listener.err(), client.err(), gateway.err())
                .isZero();
        var gap = listener.out().lines().toList().getLast();
        System.out.println(gap + " ms");
        return Long.parseLong(gap.substring("longest gap ".length()));
    }

    private void startAll(Sandbox sandbox) throws Exception {
        portal = startPortal(sandbox);
        gateway = sandbox.start(in("gateway", peer("gateway"))).awaitText(JOINED);
        client = sandbox.start(in("client", peer("client"))).awaitText("the client is up");
        startRelay(sandbox);
        sandbox.start(in("resource", end("serve"))).awaitText("serving");
        sandbox.until("a path", () -> ping(sandbox) == 0);
    }

    private void startRelay(Sandbox sandbox) throws Exception {
        relay =
                sandbox.start(peer("relay").with("PUBLIC_IP4_ADDR", PORTAL))
                        .awaitText("the portal knows this relay");
    }

    private static int ping(Sandbox sandbox) throws Exception {
        return sandbox.start(in("client", Spec.of("ping", "-c1", "-W1", RESOURCE))).await();
    }

    private static Spec end(String... arguments) {
        return SmallSite.end(Trickle.class, arguments);
    }
}
