package dev.gatehouse.systemtests.packets;

import static dev.gatehouse.systemtests.site.SmallSite.in;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.PathSite;
import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.SmallSite;
import dev.gatehouse.systemtests.site.TransferEnd;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Links that take 1,300 bytes, less than a full packet of the tunnel: the client's own, and one
/// behind a router for the gateway and the relay. Over IPv4 routers say nothing, over IPv6 they do.
@Tag("netns")
class NarrowLinksIT {
    private static final String FRAGMENTS = "fragments";

    @TempDir private Path folder;

    @Test
    void transfersPassDirectlyAndOverARelay() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var site = PathSite.build(sandbox);
                    site.rules(PathSite.Ports.KEPT, true);
                    SmallSite.startPortal(sandbox);
                    site.startRelay();
                    var gateway = site.startGateway();
                    var server = SmallSite.end(TransferEnd.class, "serve");
                    sandbox.start(in("resource", server)).awaitText("serving");

                    transferOver("host", site, sandbox);
                    site.rules(PathSite.Ports.RANDOM, false);
                    transferOver("relay", site, sandbox);

                    assertThat(gateway.err()).contains(FRAGMENTS);
                });
    }

    /// Starts both clients, narrows their links when they have a path, and moves files.
    private static void transferOver(String kind, PathSite site, Sandbox sandbox) throws Exception {
        var clients = new ArrayList<Program>();
        for (var host : PathSite.CLIENTS) {
            clients.add(site.startClient(host));
        }
        for (int i = 0; i < clients.size(); i++) {
            var host = PathSite.CLIENTS.get(i);
            var client = clients.get(i);
            site.awaitPath(host);
            site.mtu(host, 1_300);
            transfer(sandbox, host, "down");
            transfer(sandbox, host, "up");

            assertThat(lastPath(client)).isIn(kind, kind.equals("host") ? "srflx" : kind);
            assertThat(client.err().lines().filter(line -> line.contains(FRAGMENTS)))
                    .hasSizeBetween(1, 4); // each way, of each remote address
            site.mtu(host, 1_500);
        }
        for (var client : clients) {
            client.terminate();
            client.await();
        }
    }

    private static String lastPath(Program client) throws Exception {
        var told = client.err().lines().filter(line -> line.contains(" is reached by ")).toList();
        var line = told.getLast();
        return line.substring(line.lastIndexOf(' ') + 1);
    }

    private static void transfer(Sandbox sandbox, String host, String direction) throws Exception {
        var end = SmallSite.end(TransferEnd.class, direction, "10.77.0.10", "4");
        var transfer = sandbox.start(in(host, end));
        assertThat(transfer.await(30)).as("%s %s: %s", host, direction, transfer.err()).isZero();
    }
}
