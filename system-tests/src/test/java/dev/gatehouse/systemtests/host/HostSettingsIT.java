package dev.gatehouse.systemtests.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.transport.host.HostSettings;
import dev.gatehouse.wire.IpAddress.Family;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A host begins to forward, and keeps what it has and what its administrator chose.
@Tag("netns")
class HostSettingsIT {
    private static final String ROUTER =
            """
            ip netns add router
            ip link add eth0 type veth peer name lan netns router
            ip -n router link set lan up
            ip -n router addr add 2001:db8:1::1/64 dev lan nodad
            ip link set eth0 up
            """;

    @TempDir private Path folder;

    @Test
    void routesLearnedFromAdvertisementsStayAndGoOnBeingLearned() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    Sandbox.require("dnsmasq", "dnsmasq-base");
                    sandbox.exec("sh", "-e", sandbox.file("router.sh", ROUTER).toString());
                    sandbox.start(advertiser());
                    sandbox.until("a default route is learned", () -> hasDefaultRoute(sandbox));

                    var changed = HostSettings.enableForwarding(List.of());

                    assertThat(changed)
                            .contains("net.ipv4.ip_forward", "net.ipv6.conf.eth0.accept_ra");
                    assertThat(HostSettings.forwardingRemedy(Family.IPV6, List.of())).isEmpty();
                    assertThat(hasDefaultRoute(sandbox)).as("it stays").isTrue();
                    sandbox.exec("ip", "-6", "route", "del", "default");
                    sandbox.until("it is learned again", () -> hasDefaultRoute(sandbox));
                    assertThat(HostSettings.enableForwarding(List.of())).isEmpty();
                });
    }

    private static Spec advertiser() {
        return Spec.of(
                        "dnsmasq",
                        "--keep-in-foreground",
                        "--conf-file=/dev/null",
                        "--port=0",
                        "--interface=lan",
                        "--enable-ra",
                        "--dhcp-range=2001:db8:1::,ra-only",
                        "--ra-param=lan,4,60",
                        "--dhcp-leasefile=/run/leases",
                        "--user=root")
                .after("ip", "netns", "exec", "router");
    }

    private static boolean hasDefaultRoute(Sandbox sandbox) throws Exception {
        return sandbox.exec("ip", "-6", "route", "show", "default").contains("proto ra");
    }

    @Test
    void whatAnAdministratorSwitchedOffStaysOff() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    sandbox.exec("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");

                    assertThat(HostSettings.enableForwarding(List.of()))
                            .contains("net.ipv4.ip_forward")
                            .noneMatch(name -> name.contains("ipv6"));

                    assertThat(sandbox.exec("sysctl", "-n", "net.ipv6.conf.all.disable_ipv6"))
                            .startsWith("1");
                    assertThat(HostSettings.forwardingRemedy(Family.IPV6, List.of())).isEmpty();
                    assertThat(HostSettings.isDisabled(Family.IPV6)).isTrue();
                });
    }

    @Test
    void settingThatIsMissingIsNamed() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    assertThat(HostSettings.forwardingRemedy(Family.IPV4, List.of()))
                            .contains(
                                    "IPv4 is not forwarded on this host: set the sysctl"
                                            + " net.ipv4.ip_forward=1");
                    HostSettings.enableForwarding(List.of());
                    sandbox.exec("sysctl", "-qw", "net.ipv4.conf.lo.forwarding=0");

                    assertThat(HostSettings.forwardingRemedy(Family.IPV4, List.of())).isEmpty();
                    assertThat(HostSettings.forwardingRemedy(Family.IPV4, List.of("lo")))
                            .contains(
                                    "IPv4 is not forwarded on this host: set the sysctl"
                                            + " net.ipv4.conf.lo.forwarding=1");
                });
    }
}
