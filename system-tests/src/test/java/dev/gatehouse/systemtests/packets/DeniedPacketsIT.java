package dev.gatehouse.systemtests.packets;

import static dev.gatehouse.systemtests.site.SmallSite.PORTAL;
import static dev.gatehouse.systemtests.site.SmallSite.build;
import static dev.gatehouse.systemtests.site.SmallSite.in;
import static dev.gatehouse.systemtests.site.SmallSite.peer;
import static dev.gatehouse.systemtests.site.SmallSite.startPortal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who pays for packets that go nowhere: a few requests, a few lines of audit and log.
@Tag("netns")
class DeniedPacketsIT {
    private static final String RESOURCE = "10.77.0.10";

    /// By bash alone: where each pause is a program's start, a busy machine makes it long.
    private static final String FLOOD =
            """
            exec 3<>/dev/udp/%s/9 4<> <(:)
            for i in {1..500}; do echo $i >&3; read -rt 0.008 -u 4; done
            true
            """
                    .formatted(RESOURCE);

    private static final Pattern COUNT = Pattern.compile("\"count\":(\\d+)");

    @TempDir private Path folder;

    private Program portal;
    private Program gateway;

    @Test
    void aFloodToAGatewayThatIsGoneCostsAFewRequestsAndLines() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    build(sandbox);
                    startAll(sandbox);
                    sayWhoCameAndWasGranted();

                    gateway.terminate();
                    assertThat(gateway.await()).as(gateway.err()).isZero();
                    portal.awaitText(" is gone: ");
                    var flood = sandbox.start(in("client", Spec.of("bash", "-c", FLOOD)));
                    assertThat(flood.await(60)).as(flood.err()).isZero();

                    startGateway(sandbox);
                    sandbox.until("the way is found again", () -> ping(sandbox) == 0);
                    theFloodWasJudgedAFewTimes(sandbox);
                });
    }

    private void startAll(Sandbox sandbox) throws Exception {
        portal = startPortal(sandbox);
        startGateway(sandbox);
        sandbox.start(peer("relay").with("PUBLIC_IP4_ADDR", PORTAL))
                .awaitText("the portal knows this relay");
        sandbox.start(in("client", peer("client"))).awaitText("the client is up");
        sandbox.until("a path", () -> ping(sandbox) == 0);
    }

    private void startGateway(Sandbox sandbox) throws Exception {
        gateway = sandbox.start(in("gateway", peer("gateway"))).awaitText("joined the portal");
    }

    private static int ping(Sandbox sandbox) throws Exception {
        return sandbox.start(in("client", Spec.of("ping", "-c1", "-W1", RESOURCE))).await();
    }

    private void sayWhoCameAndWasGranted() throws Exception {
        String id = "[0-9a-f-]{36}";
        for (var line :
                List.of(
                        "gateway " + id + " joined",
                        "relay " + id + " joined",
                        "client " + id + " joined",
                        "client %s was granted resource %s through gateway %s"
                                .formatted(id, id, id))) {
            assertThat(portal.err()).containsPattern(line);
        }
        gateway.awaitText(" connected, path: ");
        assertThat(gateway.err())
                .containsPattern("client " + id + " connected, path: (host|srflx|relay)");
        assertThat(portal.err() + gateway.err()).doesNotContain(RESOURCE, "10.99.0.10");
    }

    /// The audit file is complete once the portal has ended.
    private void theFloodWasJudgedAFewTimes(Sandbox sandbox) throws Exception {
        portal.terminate();
        assertThat(portal.await()).as(portal.err()).isZero();
        var denials =
                sandbox.exec("cat", "/run/portal-data/audit.jsonl")
                        .lines()
                        .filter(line -> line.contains("\"access_denied\""))
                        .toList();
        assertThat(denials).as("lines of the audit file").hasSizeBetween(1, 4);
        assertThat(denials.stream().mapToInt(DeniedPacketsIT::count).sum())
                .as("requests: %s", denials)
                .isBetween(2, 40);
        assertThat(portal.err().lines().filter(line -> line.contains(" was denied ")))
                .as("lines of the log")
                .hasSizeBetween(1, 4);
    }

    private static int count(String line) {
        var count = COUNT.matcher(line);
        return count.find() ? Integer.parseInt(count.group(1)) : 1;
    }
}
