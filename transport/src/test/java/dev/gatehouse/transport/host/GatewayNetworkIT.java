package dev.gatehouse.transport.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.transport.NetworkNamespace;
import dev.gatehouse.transport.host.GatewayNetwork.Part;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpAddress.Family;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class GatewayNetworkIT {
    private static final String TUN = "tun-a";
    private static final int MTU = 1280;
    private static final String TABLE = Integer.toUnsignedString(GatewayNetwork.TABLE);
    private static final List<IpNetwork> RANGES =
            List.of(IpNetwork.parse("100.64.0.0/11"), IpNetwork.parse("fd00:2021:1111::/107"));
    private static final List<IpAddress> ADDRESSES =
            List.of(IpAddress.parse("100.64.0.1"), IpAddress.parse("fd00:2021:1111::1"));

    private static void inside(NetworkNamespace.Body body) throws Exception {
        NetworkNamespace.run(
                () -> {
                    NetworkNamespace.exec("ip", "tuntap", "add", TUN, "mode", "tun");
                    body.run();
                });
    }

    @Test
    void whatIsMissingIsPutBackAndTheRestLeftAlone() throws Exception {
        inside(
                () -> {
                    try (var network = new GatewayNetwork()) {
                        assertThat(network.ensureLink(TUN, MTU, ADDRESSES))
                                .containsExactly(Part.MTU, Part.LINK, Part.ADDRESS);
                        assertThat(network.ensureRoutes(TUN, RANGES)).containsExactly(Part.ROUTE);
                        assertThat(network.ensureRules(List.of(TUN))).containsExactly(Part.RULE);
                        assertNothingIsMissing(network);

                        exec("ip -6 route del fd00:2021:1111::/107 dev tun-a table " + TABLE);
                        exec("ip -6 rule del pref 90");
                        exec("ip addr del 100.64.0.1/32 dev tun-a");

                        assertThat(network.ensureRoutes(TUN, RANGES)).containsExactly(Part.ROUTE);
                        assertThat(network.ensureRules(List.of(TUN))).containsExactly(Part.RULE);
                        assertThat(network.ensureLink(TUN, MTU, ADDRESSES))
                                .containsExactly(Part.ADDRESS);
                        assertNothingIsMissing(network);
                    }
                });
    }

    @Test
    void mtuThatOthersChangeIsPutBackAndSoIsWhatWentAlong() throws Exception {
        inside(
                () -> {
                    try (var network = new GatewayNetwork()) {
                        network.ensureLink(TUN, MTU, ADDRESSES);
                        network.ensureRoutes(TUN, RANGES);
                        network.ensureRules(List.of(TUN));

                        exec("ip link set tun-a mtu 9000");
                        assertThat(network.ensureLink(TUN, MTU, ADDRESSES))
                                .containsExactly(Part.MTU);
                        assertThat(exec("ip link show tun-a")).contains("mtu 1280");
                        assertNothingIsMissing(network);

                        exec("ip link set tun-a mtu 600");
                        assertThat(exec("ip -6 addr show dev tun-a")).isEmpty();
                        assertThat(network.ensureLink(TUN, MTU, ADDRESSES))
                                .containsExactly(Part.MTU, Part.ADDRESS);
                        assertThat(network.ensureRoutes(TUN, RANGES)).containsExactly(Part.ROUTE);
                        assertThat(exec("ip -6 addr show dev tun-a")).contains("fd00:2021:1111::1");
                        assertNothingIsMissing(network);
                    }
                });
    }

    @Test
    void familyThatAnAdministratorSwitchesOffStaysOffAndIsNamed() throws Exception {
        inside(
                () -> {
                    try (var network = new GatewayNetwork()) {
                        network.ensureLink(TUN, MTU, ADDRESSES);
                        assertThat(HostSettings.switchedOff(Family.IPV6, TUN)).isEmpty();

                        exec("sysctl -qw net.ipv6.conf.tun-a.disable_ipv6=1");
                        assertThat(network.ensureLink(TUN, MTU, ADDRESSES)).isEmpty();
                        assertThat(HostSettings.switchedOff(Family.IPV6, TUN).orElseThrow())
                                .endsWith("sysctl -w net.ipv6.conf.tun-a.disable_ipv6=0");

                        exec("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
                        assertThat(HostSettings.switchedOff(Family.IPV6, TUN).orElseThrow())
                                .endsWith("sysctl -w net.ipv6.conf.all.disable_ipv6=0");

                        exec("sysctl -qw net.ipv6.conf.all.disable_ipv6=0");
                        assertThat(HostSettings.switchedOff(Family.IPV6, TUN)).isEmpty();
                        assertThat(network.ensureLink(TUN, MTU, ADDRESSES))
                                .containsExactly(Part.ADDRESS);
                    }
                });
    }

    private static void assertNothingIsMissing(GatewayNetwork network) throws Exception {
        assertThat(network.ensureLink(TUN, MTU, ADDRESSES)).isEmpty();
        assertThat(network.ensureRoutes(TUN, RANGES)).isEmpty();
        assertThat(network.ensureRules(List.of(TUN))).isEmpty();
    }

    @Test
    void rulesDoNotPileUpAndAllIsForgotten() throws Exception {
        inside(
                () -> {
                    var before = exec("ip rule") + exec("ip -6 rule") + routes();
                    for (int life = 0; life < 3; life++) {
                        GatewayNetwork.block(RANGES);
                        try (var network = new GatewayNetwork()) {
                            network.ensureRules(List.of(TUN, "tun-a-1"));
                        }
                    }
                    assertThat(exec("ip rule").lines().filter(line -> line.startsWith("90:")))
                            .hasSize(1);
                    assertThat(exec("ip -6 rule").lines().filter(line -> line.startsWith("95:")))
                            .hasSize(2);
                    assertThat(exec("ip route show table " + TABLE))
                            .contains("unreachable 100.64.0.0/11");

                    GatewayNetwork.forget(RANGES);

                    assertThat(exec("ip rule") + exec("ip -6 rule") + routes()).isEqualTo(before);
                });
    }

    /// Without the kernel's own, which come and go with addresses.
    private static String routes() throws Exception {
        return exec("ip route show table all") + exec("ip -6 route show table all proto static");
    }

    private static String exec(String command) throws Exception {
        return NetworkNamespace.exec(command.split(" "));
    }
}
