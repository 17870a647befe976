package dev.gatehouse.containers.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.LogsOfFailures;
import dev.gatehouse.containers.site.GatewayPair;
import dev.gatehouse.containers.site.Site;
import dev.gatehouse.testkit.Eventually;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;

/// The gateway of one container, in networks without IPv6.
class SingleImageIT {
    private static final long RATE = 1_000_000; // bytes a second
    private static final long BODY = 6_000_000;
    private static final String NO_CAPABILITIES = "0000000000000000";
    private static final String NET_ADMIN_ONLY = "0000000000001000";

    private static Site site;
    private static GatewayPair gateway;
    private static Box observer;

    @RegisterExtension private final TestWatcher watcher = new LogsOfFailures(() -> site.logs());

    @BeforeAll
    static void start() throws Exception {
        site = new Site(false).start();
        gateway = site.addSingleGateway();
        observer = site.observerOf(gateway.dataplane());
        Eventually.holds(
                "the web server answers",
                Eventually.LONG,
                () -> !site.get(Site.WEB_V4, 5).isEmpty());
    }

    @AfterAll
    static void end() throws Exception {
        if (site != null) {
            site.close();
        }
    }

    @Test
    void servesWithoutIpv6() {
        assertThat(site.get(Site.WEB_V4, 5)).isEqualTo("172.31.193.20");
    }

    @Test
    void onlyTheDataPlaneHasACapability() {
        assertThat(capabilities("dataplane")).isEqualTo(NET_ADMIN_ONLY);
        assertThat(capabilities("controlplane")).isEqualTo(NO_CAPABILITIES);
        assertThat(status("controlplane", "NoNewPrivs")).isEqualTo("1");
    }

    @Test
    void aDataPlaneThatIsKilledIsStartedAgainUnderADownload() {
        var killed = pid("dataplane");
        var running = site.download(BODY, RATE);

        assertThat(observer.run("busybox", "kill", "-9", killed).getExitCode()).isZero();

        assertThat(running).isNotDone();
        var outcome = running.join();
        assertThat(outcome.bytes()).isEqualTo(BODY);
        assertThat(outcome.wrong()).isZero();
        assertThat(outcome.longestGapMs()).isLessThan(Eventually.patientMs(3_000));
        assertThat(pid("dataplane")).isNotEqualTo(killed);
    }

    @Test
    void aContainerThatIsRestartedServesAgain() {
        gateway.dataplane().shutDown();
        assertThat(gateway.dataplane().exitCode()).isZero();
        gateway.dataplane().startAgain();

        Eventually.holds(
                "the web server answers",
                Eventually.LONG,
                () -> !site.get(Site.WEB_V4, 5).isEmpty());
        observer = site.observerOf(gateway.dataplane()); // the processes it saw are gone
    }

    private static String capabilities(String process) {
        return status(process, "CapEff");
    }

    private static String status(String process, String field) {
        var status = observer.run("cat", "/proc/" + pid(process) + "/status").getStdout();
        return status.lines()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.substring(field.length() + 1).strip())
                .findFirst()
                .orElseThrow();
    }

    /// The process of a child of the supervisor, in its container's count.
    private static String pid(String process) {
        var script =
                "for p in /proc/[0-9]*; do"
                        + " case $(tr '\\0' ' ' <$p/cmdline) in"
                        + " /opt/*\" $1 \") true;; *) false;; esac"
                        + " && echo ${p#/proc/} && exit; done";
        return Eventually.found(
                "a process " + process,
                Eventually.LONG,
                () -> {
                    var found = observer.run("sh", "-c", script, "sh", process).getStdout().strip();
                    return found.isEmpty() ? Optional.empty() : Optional.of(found);
                });
    }
}
