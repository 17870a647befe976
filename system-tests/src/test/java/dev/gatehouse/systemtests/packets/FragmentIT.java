package dev.gatehouse.systemtests.packets;

import static dev.gatehouse.systemtests.site.SmallSite.PORTAL;
import static dev.gatehouse.systemtests.site.SmallSite.build;
import static dev.gatehouse.systemtests.site.SmallSite.in;
import static dev.gatehouse.systemtests.site.SmallSite.peer;
import static dev.gatehouse.systemtests.site.SmallSite.proxyOf;
import static dev.gatehouse.systemtests.site.SmallSite.startPortal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.LargeDatagrams;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.SmallSite;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is too long for the tunnel goes through it in pieces, both ways, by address and by name.
@Tag("netns")
class FragmentIT {
    private static final String TRIES = "8"; // the first ones tell the hosts what the path takes

    @TempDir private Path folder;

    @Test
    void longPingsAndDatagramsComeBack() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    build(sandbox);
                    startAll(sandbox);
                    var targets =
                            List.of(
                                    "10.77.0.10",
                                    "fd77::10",
                                    proxyOf(sandbox, "A"),
                                    proxyOf(sandbox, "AAAA"));
                    for (String target : targets) {
                        sandbox.until("a path to " + target, () -> ping(sandbox, "56", target));
                        assertThat(ping(sandbox, "2000", target)).as(target).isTrue();
                        assertThat(ping(sandbox, "20000", target)).as(target).isTrue();
                        var exchange = sandbox.start(in("client", end("exchange", target)));
                        assertThat(exchange.await())
                                .as("%s: %s%s", target, exchange.out(), exchange.err())
                                .isZero();
                    }
                });
    }

    private static void startAll(Sandbox sandbox) throws Exception {
        Files.writeString(Path.of("/etc/resolv.conf"), "nameserver " + PORTAL + "\n");
        startPortal(sandbox);
        sandbox.start(peer("relay").with("PUBLIC_IP4_ADDR", PORTAL))
                .awaitText("the portal knows this relay");
        sandbox.start(in("gateway", peer("gateway"))).awaitText("joined the portal");
        sandbox.start(in("resource", end("serve"))).awaitText("serving");
        sandbox.start(in("client", peer("client"))).awaitText("the client is up");
    }

    /// True if one of several comes back.
    private static boolean ping(Sandbox sandbox, String length, String to) throws Exception {
        var ping = Spec.of("ping", "-c", TRIES, "-i", "0.2", "-W", "2", "-s", length, to);
        return sandbox.start(in("client", ping)).await() == 0;
    }

    private static Spec end(String... arguments) {
        return SmallSite.end(LargeDatagrams.class, arguments);
    }
}
