package dev.gatehouse.containers.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.containers.site.Site;
import dev.gatehouse.testkit.Eventually;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A container that is given less than it needs says what is missing, in one line.
class RightsIT {
    private static Site site;

    @BeforeAll
    static void prepare() throws Exception {
        site = new Site(false);
    }

    @AfterAll
    static void end() throws Exception {
        if (site != null) {
            site.close();
        }
    }

    @Test
    void withoutTheCapabilityTheKernelRefusesTheProgramInOneLine() throws Exception {
        try (var box = new Box(Engine.image("gateway-dataplane")).tun(site.tunNode()).mayEnd()) {
            box.start();
            Eventually.holds("it ends", Eventually.LONG, box::hasEnded);

            assertThat(box.exitCode()).isNotZero();
            assertThat(complaints(box))
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains("/opt/gatehouse/jre/bin/java: operation not permitted");
        }
    }

    @Test
    void withoutTheDeviceItEndsWithOneLine() throws Exception {
        try (var box = new Box(Engine.image("gateway-dataplane")).netAdmin().mayEnd()) {
            box.start();
            Eventually.holds("it ends", Eventually.LONG, box::hasEnded);

            assertThat(box.exitCode()).isEqualTo(2);
            assertThat(complaints(box)).hasSize(1).first().asString().contains("/dev/net/tun");
        }
    }

    /// Docker gives a user other than root no permitted capability, and then the kernel adds none.
    /// A kubelet's runtime does: there the option is no obstacle, see `PodIT`.
    @Test
    void dockerTakesTheCapabilityAwayWhereNoNewPrivilegesMayBeGained() throws Exception {
        try (var box =
                site.admin("gateway-dataplane")
                        .with(config -> config.withSecurityOpts(List.of("no-new-privileges")))
                        .mayEnd()) {
            box.start();
            Eventually.holds("it ends", Eventually.LONG, box::hasEnded);

            assertThat(box.exitCode()).isEqualTo(2);
            assertThat(complaints(box))
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains("CAP_NET_ADMIN is missing");
        }
    }

    @Test
    void theDoctorSaysWhichSettingIsMissing() throws Exception {
        try (var box =
                site.admin("gateway-dataplane")
                        .sysctl("net.ipv4.ip_forward", "0")
                        .mayEnd()
                        .withCreateContainerCmdModifier(
                                command ->
                                        command.withEntrypoint(
                                                "/opt/gatehouse/jre/bin/java",
                                                "@/opt/gatehouse/etc/tool.args",
                                                "dev.gatehouse.launcher.Gatehouse",
                                                "doctor"))) {
            box.start();
            Eventually.holds("it ends", Eventually.LONG, box::hasEnded);

            assertThat(complaints(box))
                    .contains(
                            "ok    /dev/net/tun",
                            "ok    capability NET_ADMIN",
                            "warn  forwarding: IPv4 is not forwarded on this host: set the sysctl"
                                    + " net.ipv4.ip_forward=1",
                            "ok    nft",
                            "ok    epoll transport",
                            "ok    libcrypto.so.3");
        }
    }

    @Test
    void aPeerWithoutATokenEndsWithOneLine() throws Exception {
        for (String target : new String[] {"gateway-controlplane", "relay"}) {
            try (var box =
                    new Box(Engine.image(target))
                            .mayEnd()
                            .withEnv("PUBLIC_IP4_ADDR", "192.0.2.1")) {
                box.start();
                Eventually.holds("it ends", Eventually.LONG, box::hasEnded);

                assertThat(box.exitCode()).as(target).isEqualTo(2);
                assertThat(complaints(box)).hasSize(1).first().asString().contains("TOKEN");
            }
        }
    }

    private static List<String> complaints(Box box) {
        return box.getLogs()
                .lines()
                .filter(line -> !line.startsWith("WARNING: Using incubator"))
                .filter(line -> !line.isBlank())
                .toList();
    }
}
