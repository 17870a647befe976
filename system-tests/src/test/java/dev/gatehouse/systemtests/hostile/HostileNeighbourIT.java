package dev.gatehouse.systemtests.hostile;

import static dev.gatehouse.systemtests.site.SmallSite.PORTAL;
import static dev.gatehouse.systemtests.site.SmallSite.build;
import static dev.gatehouse.systemtests.site.SmallSite.end;
import static dev.gatehouse.systemtests.site.SmallSite.in;
import static dev.gatehouse.systemtests.site.SmallSite.peer;
import static dev.gatehouse.systemtests.site.SmallSite.startPortal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.TransferEnd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A client that goes for the gateway's host, and a neighbour on the gateway's link that borrows
/// addresses of the tunnels.
@Tag("netns")
class HostileNeighbourIT {
    private static final String LAN = "10.77.0.1"; // the gateway's, inside a resource
    private static final String SENTINEL_V6 = "fd00:2021:1111:8000:100:100:111:1";
    private static final String LISTEN_PORT = "7000";
    private static final String DNS_PORT = "53535";
    private static final String PORTS = "22,53,5201,8080,8081,53534," + DNS_PORT;
    private static final String METADATA = "169.254.169.254";
    private static final Pattern V4 = Pattern.compile("inet (100[.0-9]+)/");
    private static final Pattern V6 = Pattern.compile("inet6 (fd00:2021:1111:[:0-9a-f]+)/");
    private static final Pattern TAKEN = Pattern.compile("taken (\\d+), answered (\\d+) of (\\d+)");
    private static final int TAKEN_MAX = 16 << 20; // the buffers of two kernels, mostly

    @TempDir private Path folder;

    private Program client;
    private String gatewayV4;
    private String gatewayV6;
    private String clientV4;
    private String clientV6;

    @Test
    void theGatewaysHostAndItsClientsAreOutOfReach() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    build(sandbox);
                    startAll(sandbox);
                    theClientReachesTheNameServerAlone(sandbox);
                    whoReadsNoAnswersIsNotHeard(sandbox);
                    noNameLeadsToTheHostsLink(sandbox);
                    borrowedAddressesPassNeitherRulesNorPath(sandbox);
                    client.terminate();
                    assertThat(client.await()).as(client.err()).isZero();
                    assertThat(rules(sandbox, "client")).doesNotContain("gatehouse");
                });
    }

    private void startAll(Sandbox sandbox) throws Exception {
        sandbox.file("hosts", "127.0.0.1 localhost%n%s meta.lab.example%n".formatted(METADATA));
        startPortal(sandbox);
        sandbox.start(in("gateway", peer("gateway"))).awaitText("joined the portal");
        sandbox.start(in("gateway", end(TransferEnd.class, "serve"))).awaitText("serving");
        sandbox.start(peer("relay").with("PUBLIC_IP4_ADDR", PORTAL))
                .awaitText("the portal knows this relay");
        client = sandbox.start(in("client", peer("client"))).awaitText("the client is up");
        sandbox.until("a path", () -> ping(sandbox, "10.77.0.10") == 0);
        sandbox.until("a path", () -> ping(sandbox, "fd77::10") == 0);
        gatewayV4 = address(sandbox, "gateway", V4);
        gatewayV6 = address(sandbox, "gateway", V6);
        clientV4 = address(sandbox, "client", V4);
        clientV6 = address(sandbox, "client", V6);
    }

    private static int ping(Sandbox sandbox, String to) throws Exception {
        return sandbox.start(in("client", Spec.of("ping", "-c1", "-W1", to))).await();
    }

    private static String address(Sandbox sandbox, String host, Pattern pattern) throws Exception {
        var text = sandbox.exec("ip", "-n", host, "-o", "addr", "show", "dev", "tun-firezone");
        var found = pattern.matcher(text);
        assertThat(found.find()).as(text).isTrue();
        return found.group(1);
    }

    private void theClientReachesTheNameServerAlone(Sandbox sandbox) throws Exception {
        var open = run(sandbox, "client", "scan", PORTS, gatewayV4, gatewayV6, LAN).out().lines();
        assertThat(open)
                .contains(LAN + " 5201") // a resource holds it
                .filteredOn(line -> !line.startsWith(LAN))
                .containsExactly(gatewayV4 + " " + DNS_PORT, gatewayV6 + " " + DNS_PORT);
        assertThat(ping(sandbox, gatewayV4)).isZero();
        assertThat(ping(sandbox, gatewayV6)).isZero();
        assertThat(dropped(sandbox, "gateway_closed")).isGreaterThanOrEqualTo(12);
    }

    private static Program run(Sandbox sandbox, String host, String... arguments) throws Exception {
        var program = sandbox.start(in(host, end(HostileEnd.class, arguments)));
        assertThat(program.await()).as(program.err()).isZero();
        return program;
    }

    private void whoReadsNoAnswersIsNotHeard(Sandbox sandbox) throws Exception {
        var said = run(sandbox, "client", "pipeline", gatewayV4).out();
        var found = TAKEN.matcher(said);
        assertThat(found.find()).as(said).isTrue();
        assertThat(Integer.parseInt(found.group(1))).isLessThan(TAKEN_MAX);
        assertThat(found.group(2)).as(said).isEqualTo(found.group(3));
    }

    /// The address is there, beside the gateway, as a cloud's is.
    private void noNameLeadsToTheHostsLink(Sandbox sandbox) throws Exception {
        sandbox.exec("ip", "-n", "resource", "addr", "add", METADATA + "/32", "dev", "eth0");
        sandbox.exec("ip", "-n", "gateway", "route", "add", METADATA, "via", "10.77.0.10");
        Sandbox.require("dig", "bind9-dnsutils");
        var ask = Spec.of("dig", "+short", "+tries=5", "@100.100.111.1", "A", "meta.lab.example");
        var proxies = sandbox.exec(in("client", ask).command().toArray(String[]::new));
        var proxy = proxies.lines().findFirst().orElseThrow();

        sandbox.until(
                "the name has no usable address",
                () -> {
                    assertThat(ping(sandbox, proxy)).isNotZero();
                    return dropped(sandbox, "name_without_address") > 0;
                });
        assertThat(dropped(sandbox, "name_target_refused")).isPositive();
    }

    private void borrowedAddressesPassNeitherRulesNorPath(Sandbox sandbox) throws Exception {
        var listener = sandbox.start(in("client", end(HostileEnd.class, "listen", LISTEN_PORT)));
        listener.awaitText("listening");
        for (var borrowed : new String[] {gatewayV6, "fd00:2021:1111::1f:99"}) {
            var address = borrowed + "/128";
            sandbox.exec("ip", "-n", "resource", "addr", "add", address, "dev", "eth0", "nodad");
        }
        sandbox.exec("ip", "-n", "resource", "addr", "add", "100.64.7.7/32", "dev", "eth0");

        sendForged(sandbox);
        sandbox.until("the rules count three", () -> droppedByRules(sandbox, "gateway") >= 3);
        assertThat(dropped(sandbox, "unasked")).isZero();
        assertThat(dropped(sandbox, "forged_source")).isZero();

        theRulesTakeTheLinkForATunnel(sandbox);
        sendForged(sandbox);
        sandbox.until(
                "the path counts three",
                () -> dropped(sandbox, "unasked") + dropped(sandbox, "forged_source") >= 3);

        send(
                sandbox,
                List.of("10.77.0.10", "9", clientV4, LISTEN_PORT, "honest v4"),
                List.of("fd77::10", "9", clientV6, LISTEN_PORT, "honest v6"));
        listener.awaitText("honest v4");
        listener.awaitText("honest v6");
        aNeighbourOfTheClientIsNotHeard(sandbox);
        send(sandbox, List.of("10.77.0.10", "9", clientV4, LISTEN_PORT, "honest again"));
        listener.awaitText("honest again");
        assertThat(listener.out()).doesNotContain("forged");
    }

    /// In the name of one of its DNS servers, to its tunnel addresses.
    private void aNeighbourOfTheClientIsNotHeard(Sandbox sandbox) throws Exception {
        sandbox.exec("ip", "addr", "add", SENTINEL_V6 + "/128", "dev", "net", "nodad");
        sandbox.exec("ip", "-6", "route", "add", clientV6, "via", "fd99::10");
        var forged =
                sandbox.start(
                        end(
                                HostileEnd.class,
                                "send",
                                SENTINEL_V6,
                                "53",
                                clientV6,
                                LISTEN_PORT,
                                "forged answer"));
        assertThat(forged.await()).as(forged.err()).isZero();
        sandbox.until("it is counted", () -> droppedByRules(sandbox, "client") >= 1);
    }

    /// As if there were none: an address of a tunnel makes an interface one.
    private static void theRulesTakeTheLinkForATunnel(Sandbox sandbox) throws Exception {
        sandbox.exec("ip", "-n", "gateway", "addr", "add", "100.64.7.8/32", "dev", "lan");
        sandbox.until(
                "the rules name the link", () -> rules(sandbox, "gateway").contains("\"lan\""));
    }

    private void sendForged(Sandbox sandbox) throws Exception {
        send(
                sandbox,
                List.of(gatewayV6, DNS_PORT, clientV6, LISTEN_PORT, "forged gateway"),
                List.of("fd00:2021:1111::1f:99", "80", clientV6, LISTEN_PORT, "forged client"),
                List.of("100.64.7.7", "80", clientV4, LISTEN_PORT, "forged client"));
    }

    @SafeVarargs
    private static void send(Sandbox sandbox, List<String>... datagrams) throws Exception {
        var arguments = new ArrayList<>(List.of("send"));
        for (var each : datagrams) {
            arguments.addAll(each);
        }
        run(sandbox, "resource", arguments.toArray(String[]::new));
    }

    private static String rules(Sandbox sandbox, String host) throws Exception {
        return sandbox.exec("ip", "netns", "exec", host, "nft", "list", "ruleset");
    }

    private static long droppedByRules(Sandbox sandbox, String host) throws Exception {
        return Pattern.compile("counter packets (\\d+)")
                .matcher(rules(sandbox, host))
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
    }

    private static long dropped(Sandbox sandbox, String reason) throws Exception {
        var ask = Spec.of("curl", "-sf", "http://127.0.0.1:8081/metrics");
        var metrics = sandbox.exec(in("gateway", ask).command().toArray(String[]::new));
        var line =
                Pattern.compile(
                        "gatehouse_gateway_dropped_total\\{reason=\"%s\".*} ([0-9.E]+)"
                                .formatted(reason));
        var found = line.matcher(metrics);
        assertThat(found.find()).as("no %s in %s", reason, metrics).isTrue();
        return (long) Double.parseDouble(found.group(1));
    }
}
