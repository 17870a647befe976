package dev.gatehouse.transport.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.transport.NetworkNamespace;
import dev.gatehouse.transport.host.ClientNetwork.Part;
import dev.gatehouse.transport.tun.LinuxTun;
import dev.gatehouse.transport.tun.TunOwner;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class ClientNetworkIT {
    private static final List<IpAddress> ADDRESSES =
            List.of(IpAddress.parse("100.64.0.1"), IpAddress.parse("fd00:2021:1111::1"));
    private static final List<IpNetwork> ROUTES =
            Stream.of("100.64.0.0/11", "fd00:2021:1111::/107", "172.16.0.0/12", "fd77::/64")
                    .map(IpNetwork::parse)
                    .toList();
    private static final List<IpNetwork> INTERNET =
            Stream.concat(ROUTES.stream(), Stream.of("0.0.0.0/0", "::/0").map(IpNetwork::parse))
                    .toList();
    private static final String RESOURCES = "539098368";
    private static final String LOCAL = "539098369";

    private static final int MTU = 1280;
    private static final Duration LIMIT = Duration.ofMillis(Eventually.patientMs(2_000));
    private static final Path NOWHERE = Path.of("/proc/no/such/file");

    private interface Body {
        void run(ClientNetwork network) throws Exception;
    }

    @Test
    void resourcesComeBeforeTheLocalNetworkAndThatBeforeTheInternet() throws Exception {
        inNamespace(
                network -> {
                    lan();
                    network.configure(ADDRESSES, INTERNET);

                    assertThat(way("172.16.9.9")).contains("dev tun-a");
                    assertThat(way("192.168.7.9")).contains("dev lan").contains("192.168.7.2");
                    assertThat(way("fd55::9")).contains("dev lan");
                    assertThat(way("1.1.1.1")).contains("dev tun-a");
                    assertThat(way("2001:db8::1")).contains("dev tun-a");
                    assertThat(exec("ip rule").lines().filter(l -> l.contains("fwmark")))
                            .containsExactly(
                                    "100:\tnot from all fwmark 0xfd002021 lookup 539098368",
                                    "200:\tnot from all fwmark 0xfd002021 lookup 539098369",
                                    "300:\tnot from all fwmark 0xfd002021 lookup 539098370");
                });
    }

    @Test
    void ownNetworkAsAResourceStaysTheResourcesThroughDownAndUp() throws Exception {
        inNamespace(
                network -> {
                    lan();
                    network.configure(ADDRESSES, List.of(IpNetwork.parse("192.168.7.0/24")));
                    assertThat(way("192.168.7.9")).contains("dev tun-a");

                    exec("ip link set lan down");
                    network.restore();
                    exec("ip link set lan up");
                    network.restore();

                    assertThat(way("192.168.7.9")).contains("dev tun-a");
                    assertThat(local()).contains("192.168.7.0/24");
                });
    }

    @Test
    void linkWithoutCarrierHidesNothingAndMetricsAreKept() throws Exception {
        inNamespace(
                network -> {
                    lan();
                    exec("ip route replace 10.5.0.0/16 dev lan metric 77");
                    exec("ip link add docker0 type veth peer name pod");
                    exec("ip addr add 172.17.0.1/16 dev docker0");
                    exec("ip link set docker0 up");
                    network.configure(ADDRESSES, INTERNET.subList(4, 6));

                    until(network, () -> !local().contains("docker0"));
                    assertThat(local()).contains("10.5.0.0/16 dev lan").contains("metric 77");
                    assertThat(way("172.17.0.9")).contains("dev tun-a");

                    exec("ip link set pod up");
                    until(network, () -> way("172.17.0.9").contains("dev docker0"));
                });
    }

    @Test
    void whatOthersTakeAwayIsPutBack() throws Exception {
        inNamespace(
                network -> {
                    network.configure(ADDRESSES, INTERNET);
                    var before = state();
                    assertThat(network.restore()).isEmpty();

                    exec("ip link set tun-a down");
                    exec("ip link set tun-a up");
                    assertThat(network.restore()).contains(Part.ADDRESS, Part.ROUTE);
                    isAsBefore(before);

                    exec("ip link set tun-a down");
                    assertThat(network.restore()).contains(Part.LINK);
                    isAsBefore(before);

                    exec("ip route flush table " + RESOURCES);
                    exec("ip -6 route flush table " + RESOURCES);
                    assertThat(network.restore()).containsExactly(Part.ROUTE);
                    isAsBefore(before);

                    exec("ip rule del priority 200");
                    exec("ip -6 rule del priority 300");
                    assertThat(network.restore()).containsExactly(Part.RULE);
                    isAsBefore(before);

                    exec("ip addr del 100.64.0.1/32 dev tun-a");
                    assertThat(network.restore()).contains(Part.ADDRESS);
                    isAsBefore(before);
                    assertThat(network.restore()).isEmpty();
                });
    }

    @Test
    void eachLifeLeavesNothingAndAKilledOneIsCleanedUpAfter() throws Exception {
        NetworkNamespace.run(
                () -> {
                    lan();
                    var before = state();
                    exec(
                            "ip rule add not fwmark 0xfd002021 table "
                                    + RESOURCES
                                    + " priority 32001");
                    exec("ip -6 rule add not fwmark 0xfd002021 table " + RESOURCES);
                    exec("ip route add throw 10.9.9.9/32 table " + RESOURCES);
                    exec("ip route add 192.168.99.0/24 dev lan table " + LOCAL);

                    for (int life = 0; life < 3; life++) {
                        try (var tun = LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true);
                                var network = new ClientNetwork(tun.name(), MTU, NOWHERE)) {
                            network.configure(ADDRESSES, INTERNET);
                            assertThat(exec("ip rule").lines().filter(l -> l.contains("fwmark")))
                                    .hasSize(3);
                        }
                        isAsBefore(before);
                    }
                });
    }

    @Test
    void mtuThatOthersChangeIsPutBackAndSoIsWhatWentAlong() throws Exception {
        inNamespace(
                network -> {
                    network.configure(ADDRESSES, INTERNET);
                    var before = state();

                    for (int mtu : List.of(1_420, 9_000)) {
                        exec("ip link set tun-a mtu " + mtu);
                        assertThat(network.restore()).containsExactly(Part.MTU);
                        isAsBefore(before);
                    }
                    exec("ip link set tun-a mtu 600");
                    assertThat(exec("ip -6 addr show dev tun-a")).isEmpty();
                    assertThat(network.restore())
                            .containsExactly(Part.MTU, Part.ADDRESS, Part.ROUTE);
                    isAsBefore(before);
                    assertThat(network.restore()).isEmpty();
                });
    }

    @Test
    void whatCannotBePutBackIsNotSaidToBe() throws Exception {
        inNamespace(
                network -> {
                    network.configure(ADDRESSES, INTERNET);
                    var before = state();

                    exec("sysctl -qw net.ipv6.conf.tun-a.disable_ipv6=1");
                    assertThat(network.restore()).isEmpty();
                    assertThat(exec("ip -6 addr show dev tun-a")).isEmpty();
                    assertThat(way("1.1.1.1")).contains("dev tun-a");

                    exec("sysctl -qw net.ipv6.conf.tun-a.disable_ipv6=0");
                    assertThat(network.restore()).as("somebody gave it back").isEmpty();
                    isAsBefore(before);
                });
    }

    @Test
    void familyThatAnAdministratorSwitchedOffIsLeftAlone() throws Exception {
        inNamespace(
                network -> {
                    exec("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
                    network.configure(ADDRESSES, INTERNET);

                    assertThat(network.restore()).isEmpty();
                    assertThat(exec("sysctl -n net.ipv6.conf.all.disable_ipv6")).startsWith("1");
                    assertThat(way("1.1.1.1")).contains("dev tun-a");

                    exec("sysctl -qw net.ipv6.conf.all.disable_ipv6=0");
                    network.restore();
                    assertThat(exec("ip -6 addr show dev tun-a")).contains("fd00:2021:1111::1");
                });
    }

    @Test
    void deletedDeviceIsAnError() throws Exception {
        inNamespace(
                network -> {
                    network.configure(ADDRESSES, ROUTES);
                    exec("ip link delete tun-a");

                    assertThatThrownBy(network::restore)
                            .isInstanceOf(IOException.class)
                            .hasMessage("the device tun-a was deleted");
                });
    }

    /// The kernel finishes addresses of IPv6 a moment later.
    private static void isAsBefore(TreeSet<String> before) throws Exception {
        try {
            Eventually.becomes("as before", LIMIT, () -> state().equals(before));
        } catch (AssertionError _) {
            assertThat(state()).isEqualTo(before);
        }
    }

    private static void inNamespace(Body body) throws Exception {
        NetworkNamespace.run(
                () -> {
                    try (var tun = LinuxTun.open(TunOwner.CLIENT, "tun-a", MTU, true);
                            var network = new ClientNetwork(tun.name(), MTU, NOWHERE)) {
                        body.run(network);
                    }
                });
    }

    /// An interface with a carrier, addresses of both families and no router.
    private static void lan() throws Exception {
        exec("ip link add lan type veth peer name far");
        exec("ip link set far up");
        exec("ip link set lan up");
        exec("ip addr add 192.168.7.2/24 dev lan");
        exec("ip addr add fd55::2/64 dev lan nodad");
        Eventually.becomes(
                "carrier", LIMIT, () -> !exec("ip -6 addr show dev lan").contains("tentative"));
    }

    private static void until(ClientNetwork network, Callable<Boolean> isSo) throws Exception {
        Eventually.becomes(
                "followed",
                LIMIT,
                () -> {
                    network.restore();
                    return isSo.call();
                });
    }

    private static String local() throws Exception {
        return exec("ip route show table " + LOCAL);
    }

    private static String way(String address) throws Exception {
        return exec("ip route get " + address);
    }

    /// Rules, routes of all tables and addresses, in no order; the kernel is slow with link-local
    /// ones.
    private static TreeSet<String> state() throws Exception {
        var lines = new TreeSet<String>();
        for (var command :
                List.of(
                        "ip rule",
                        "ip -6 rule",
                        "ip route show table all",
                        "ip -6 route show table all",
                        "ip -o link",
                        "ip -o addr")) {
            exec(command)
                    .lines()
                    .filter(line -> !line.contains("fe80::") || line.contains("table 5390"))
                    .map(line -> command + ": " + line.strip())
                    .forEach(lines::add);
        }
        return lines;
    }

    private static String exec(String command) throws Exception {
        return NetworkNamespace.exec(command.split(" "));
    }
}
