package dev.gatehouse.systemtests.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.SmallSite;
import dev.gatehouse.testkit.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A client with the Internet resource active, whose portal and DNS server are behind a router, and
/// what others do to its host's network.
///
/// ```
///  client eth0 10.99.0.10 --- default route by 10.99.0.2: portal 203.0.113.2, DNS 203.0.113.53
///         lan  10.77.0.5     the same network as a resource's
/// ```
@Tag("netns")
class ClientHostIT {
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
    private static final String RESOURCES = "539098368";
    private static final String LOCAL = "539098369";

    /// The kernel's own doing: no trace of a client.
    private static final String SURROUNDINGS =
            """
            for address in 203.0.113.2 203.0.113.53; do ip addr add $address/32 dev lo; done
            ip -n client route add default via 10.99.0.2
            ip -n client link add lan type veth peer name far
            ip -n client link set far up
            ip -n client link set lan up
            ip -n client addr add 10.77.0.5/24 dev lan
            ip -n client rule add priority 32764 table main suppress_prefixlength 0
            ip -n client rule add priority 32765 not fwmark 0xca6c table 51820
            ip netns exec client sysctl -qw net.ipv4.conf.all.rp_filter=1
            """;

    @TempDir private Path folder;

    private Program dns;

    @Test
    void theWayToThePortalIsKeptAndSoIsTheHostsNetwork() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    build(sandbox);
                    var before = state(sandbox);

                    var client = sandbox.start(client()).awaitText("cannot connect");
                    nameIsResolvedLate(sandbox, client);
                    portalMoves(sandbox, client);
                    ownNetworkIsAResource(sandbox);
                    whatOthersTakeAwayIsPutBack(sandbox, client);
                    client.terminate();
                    assertThat(client.await()).as(client.err()).isZero();
                    assertThat(state(sandbox)).isEqualTo(before);

                    eachLifeLeavesNothing(sandbox, before);
                });
    }

    private void build(Sandbox sandbox) throws Exception {
        Sandbox.require("dnsmasq", "dnsmasq-base");
        SmallSite.build(sandbox);
        var file = sandbox.folder().resolve("portal.yaml");
        Files.writeString(
                file,
                Files.readString(file)
                        .replace(
                                "policies:\n",
                                "  - {name: Internet, type: internet, sites: [HQ]}\n"
                                        + "policies:\n  - {group: Staff, resource: Internet}\n"));
        sandbox.file("surroundings.sh", SURROUNDINGS);
        sandbox.exec("sh", "-e", sandbox.folder().resolve("surroundings.sh").toString());
        Files.writeString(RESOLV_CONF, "nameserver 203.0.113.53\noptions timeout:1 attempts:1\n");
        SmallSite.startPortal(sandbox);
    }

    /// Without any program on its path.
    private static Spec client() {
        return SmallSite.in(
                "client",
                SmallSite.peer("client")
                        .with("FIREZONE_API_URL", "ws://portal.example:8083")
                        .with("FIREZONE_DNS_CONTROL", "etc-resolv-conf")
                        .with("FIREZONE_ACTIVATE_INTERNET_RESOURCE", "true")
                        .with("PATH", "/nonexistent"));
    }

    private void nameIsResolvedLate(Sandbox sandbox, Program client) throws Exception {
        startDns(sandbox, "203.0.113.2");

        client.awaitText("the client is up");

        sandbox.until("the Internet", () -> way("203.0.113.2").contains("dev tun-firezone"));
        assertThat(Files.readString(RESOLV_CONF)).contains("100.100.111.");
        assertThat(client.out() + client.err())
                .contains("net.ipv4.conf.eth0.rp_filter is set to 2");
    }

    private void portalMoves(Sandbox sandbox, Program client) throws Exception {
        sandbox.exec("ip", "addr", "del", "203.0.113.2/32", "dev", "lo");
        sandbox.exec("ip", "addr", "add", "203.0.113.3/32", "dev", "lo");
        startDns(sandbox, "203.0.113.3");

        sandbox.exec("kill", "-HUP", Long.toString(client.pid()));

        sandbox.until("logged in again", () -> said(client, "logged in to the portal") == 2);
    }

    private void startDns(Sandbox sandbox, String portal) throws Exception {
        if (dns != null) {
            dns.close();
        }
        dns =
                sandbox.start(
                        Spec.of(
                                "dnsmasq",
                                "--keep-in-foreground",
                                "--conf-file=/dev/null",
                                "--pid-file=/run/dnsmasq.pid",
                                "--no-hosts",
                                "--no-resolv",
                                "--bind-interfaces",
                                "--listen-address=203.0.113.53",
                                "--address=/portal.example/" + portal));
    }

    private static void ownNetworkIsAResource(Sandbox sandbox) throws Exception {
        assertThat(way("10.77.0.9")).contains("dev tun-firezone");

        in("ip", "link", "set", "lan", "down");
        sandbox.until(
                "copy gone", () -> !in("ip", "route", "show", "table", LOCAL).contains("lan"));
        in("ip", "link", "set", "lan", "up");
        sandbox.until("copy back", () -> in("ip", "route", "show", "table", LOCAL).contains("lan"));

        assertThat(way("10.77.0.9")).contains("dev tun-firezone");
    }

    private static void whatOthersTakeAwayIsPutBack(Sandbox sandbox, Program client)
            throws Exception {
        var whole = state(sandbox);
        for (var harm :
                List.of(
                        "link set tun-firezone down",
                        "link set tun-firezone mtu 9000",
                        "link set tun-firezone mtu 600",
                        "route flush table " + RESOURCES,
                        "-6 route flush table " + RESOURCES,
                        "rule del priority 100",
                        "-6 rule del priority 300",
                        "-6 addr flush dev tun-firezone scope global")) {
            in(("ip " + harm).split(" "));
            if (harm.endsWith("down")) {
                in("ip", "link", "set", "tun-firezone", "up");
            }
            Eventually.becomes(
                    harm,
                    Duration.ofMillis(Eventually.patientMs(2_000)),
                    () -> state(sandbox).equals(whole));
        }
        assertThat(client.out() + client.err())
                .contains("tun-firezone: somebody took away route: put back")
                .contains("tun-firezone: somebody took away rule: put back")
                .contains("tun-firezone: somebody took away address")
                .contains("tun-firezone: somebody changed the MTU: put back")
                .contains("tun-firezone: somebody changed the MTU and took away address, route");
        assertThat(sandbox.exec(statusCommand())).contains("put back after others had changed it");
        ipv6IsSwitchedOff(sandbox, client, whole);
    }

    private static void ipv6IsSwitchedOff(Sandbox sandbox, Program client, TreeSet<String> whole)
            throws Exception {
        var remedy = "sysctl -w net.ipv6.conf.tun-firezone.disable_ipv6=0";
        long putBack = said(client, "put back");

        in("sysctl", "-qw", "net.ipv6.conf.tun-firezone.disable_ipv6=1");
        sandbox.until("it is told", () -> said(client, remedy) == 1);
        in("sysctl", "-qw", "net.ipv6.conf.tun-firezone.disable_ipv6=0");
        sandbox.until("it is over", () -> said(client, "works with IPv6 again") == 1);

        sandbox.until("whole", () -> state(sandbox).equals(whole));
        assertThat(said(client, "put back")).isEqualTo(putBack);
    }

    private static long said(Program program, String words) throws Exception {
        return (program.out() + program.err()).lines().filter(line -> line.contains(words)).count();
    }

    private static String[] statusCommand() {
        return Spec.gatehouse("client", "status").command().toArray(String[]::new);
    }

    private static void eachLifeLeavesNothing(Sandbox sandbox, TreeSet<String> before)
            throws Exception {
        var killed = sandbox.start(client()).awaitText("the client is up");
        killed.close();
        assertThat(in("ip", "rule")).contains("lookup " + LOCAL);

        var deleted = sandbox.start(client()).awaitText("the client is up");
        assertThat(in("ip", "rule").lines().filter(line -> line.contains("fwmark 0xfd002021")))
                .hasSize(3);
        in("ip", "link", "delete", "tun-firezone");

        assertThat(deleted.await()).isEqualTo(1);
        assertThat(deleted.out() + deleted.err()).contains("the device tun-firezone was deleted");
        assertThat(state(sandbox)).isEqualTo(before);
    }

    private static String way(String address) throws Exception {
        return in("ip", "route", "get", address);
    }

    private static String in(String... command) throws Exception {
        var words = new ArrayList<>(List.of("ip", "netns", "exec", "client"));
        words.addAll(List.of(command));
        var process = new ProcessBuilder(words).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return output;
    }

    /// Rules, routes of all tables, addresses, links, packet filter, sysctls and resolver file of
    /// the client's host, in no order.
    private static TreeSet<String> state(Sandbox sandbox) throws Exception {
        var lines = new TreeSet<String>();
        for (var command :
                List.of(
                        "ip rule",
                        "ip -6 rule",
                        "ip route show table all",
                        "ip -6 route show table all",
                        "ip -o link",
                        "ip -o addr",
                        "nft list ruleset",
                        "sysctl net.ipv4.conf.eth0.rp_filter net.ipv4.conf.all.rp_filter")) {
            in(command.split(" "))
                    .lines()
                    .filter(line -> !line.contains("fe80")) // random
                    .map(line -> line.replaceFirst("^\\d+: ", "").strip()) // the link's number
                    .map(line -> command + ": " + line)
                    .forEach(lines::add);
        }
        lines.add(Files.readString(RESOLV_CONF));
        return lines;
    }
}
