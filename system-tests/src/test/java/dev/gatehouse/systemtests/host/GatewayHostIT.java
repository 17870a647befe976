package dev.gatehouse.systemtests.host;

import static dev.gatehouse.systemtests.site.SmallSite.build;
import static dev.gatehouse.systemtests.site.SmallSite.in;
import static dev.gatehouse.systemtests.site.SmallSite.peer;
import static dev.gatehouse.systemtests.site.SmallSite.startPortal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.SmallSite;
import dev.gatehouse.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What others do to the network of a gateway's host: it is put back, told in one line and counted,
/// or the gateway is unready and names who has to change what. And what a gateway leaves there:
/// nothing.
@Tag("netns")
class GatewayHostIT {
    private static final long RESTORED_WITHIN_MS = 2_000;
    private static final Duration WITHIN = Eventually.LONG;
    private static final String TABLE = "539098384";
    private static final Pattern RESTORED =
            Pattern.compile("gatehouse_host_restored_total\\{what=\"(\\w+)\"\\} (\\d+)");

    private static final String NFT =
            """
            #!/bin/sh
            if [ -e %s ]; then echo 'out of order' >&2; exit 1; fi
            exec %s "$@"
            """;

    @TempDir private Path folder;

    private Sandbox sandbox;
    private Program gateway;

    @Test
    void whatOthersDoToTheHostIsPutBackOrNamed() throws Exception {
        inSite(
                () -> {
                    startGateway("gateway");
                    sandbox.start(in("client", peer("client")));
                    until("the client reaches the resource", this::isReached);

                    whatOthersTakeIsPutBack();
                    whatOthersForbidIsNamed();
                    anNftThatFailsIsNamed();
                    ipv6ThatIsSwitchedOffIsNamedOnce();
                });
    }

    private interface Body {
        void run() throws Exception;
    }

    private void inSite(Body body) throws Exception {
        Sandbox.run(
                folder,
                inside -> {
                    sandbox = inside;
                    build(sandbox);
                    startPortal(sandbox);
                    sandbox.start(
                            peer("relay")
                                    .with("PUBLIC_IP4_ADDR", SmallSite.PORTAL)
                                    .with("HEALTH_CHECK_ADDR", "127.0.0.1:8088"));
                    body.run();
                });
    }

    private void startGateway(String host) throws Exception {
        var programs = folder.resolve("programs");
        var nft = Files.createDirectories(programs).resolve("nft");
        Files.writeString(nft, NFT.formatted(failing(), realNft()));
        assertThat(nft.toFile().setExecutable(true)).isTrue();
        var path = programs + ":" + System.getenv("PATH");
        gateway = sandbox.start(in(host, peer("gateway").with("PATH", path)));
        until("the gateway is ready", () -> readiness().startsWith("ready"));
    }

    /// While it exists, the `nft` that the gateway runs fails.
    private Path failing() {
        return folder.resolve("nft-fails");
    }

    private static Path realNft() {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(place -> Path.of(place, "nft"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }

    private void whatOthersTakeIsPutBack() throws Exception {
        restores("link", "ip link set tun-firezone down");
        restores("mtu", "ip link set tun-firezone mtu 9000");
        restores("mtu", "ip link set tun-firezone mtu 600");
        restores("route", "ip route flush table " + TABLE);
        restores("route", "ip -6 route flush table " + TABLE);
        restores("rule", "ip rule del pref 90");
        restores("rule", "ip -6 rule del pref 90");
        restores("address", "ip addr del %s dev tun-firezone".formatted(tunnelAddress()));
        restores("device", "ip link delete tun-firezone");
        restores("filter", "nft flush ruleset");
        restores("setting", "sysctl -qw net.ipv4.ip_forward=0");
        restores("setting", "sysctl -qw net.ipv6.conf.all.forwarding=0");
        restores("setting", "sysctl -qw net.ipv4.conf.tun-firezone.forwarding=0");
        assertThat(gatewaySaid("had been").size())
                .as("one line for each count")
                .isEqualTo(
                        RESTORED.matcher(metrics())
                                .results()
                                .mapToInt(found -> Integer.parseInt(found.group(2)))
                                .sum());
    }

    private String tunnelAddress() throws Exception {
        var found =
                Pattern.compile("inet (100\\S+)").matcher(exec("ip -o -4 addr show tun-firezone"));
        assertThat(found.find()).isTrue();
        return found.group(1);
    }

    /// The host is as before, the client reaches the resource, and it was counted.
    private void restores(String what, String command) throws Exception {
        var before = networkWithout("");
        long counted = restored(what);

        exec(command);

        Eventually.becomes(
                command + " is undone",
                Duration.ofMillis(Eventually.patientMs(RESTORED_WITHIN_MS)),
                () -> restored(what) > counted && networkWithout("").equals(before));
        until("the client reaches the resource after " + command, this::isReached);
        until("ready after " + command, () -> readiness().startsWith("ready"));
    }

    private long restored(String what) throws Exception {
        return RESTORED.matcher(metrics())
                .results()
                .filter(found -> found.group(1).equals(what))
                .mapToLong(found -> Long.parseLong(found.group(2)))
                .sum();
    }

    private void whatOthersForbidIsNamed() throws Exception {
        isNamed(
                """
                table inet admin {
                    chain forward { type filter hook forward priority 0; policy drop; }
                }
                """,
                "chain forward of table inet admin has the policy drop");
        isNamed(
                """
                table ip admin {
                    chain forward {
                        type filter hook forward priority 0; policy accept;
                        ct state established,related accept
                        iifname "lan" accept
                        counter reject
                    }
                }
                """,
                "chain forward of table ip admin drops or rejects it");
        isNamed(
                """
                table inet admin {
                    chain forward {
                        type filter hook forward priority 10; policy accept;
                        ct state established,related accept
                        ct status dnat accept
                        jump zones
                        reject with icmpx admin-prohibited
                    }
                    chain zones { iifname { "eth0", "lan" } goto public; goto public; }
                    chain public { meta l4proto { icmp, ipv6-icmp } accept; }
                }
                """,
                "chain forward of table inet admin drops or rejects it");
        opensOne();
    }

    private void isNamed(String table, String reason) throws Exception {
        load(table);
        until("unready for it", () -> readiness().contains(reason));
        assertThat(readiness()).startsWith("not ready: IPv4 of the tunnel cannot pass by");
        assertThat(probe("8081/readyz")).contains(reason);
        assertThat(metrics()).contains("gatehouse_host_fault 1");
        assertThat(gatewaySaid(reason)).isNotEmpty();

        exec(table.contains("inet") ? "nft delete table inet admin" : "nft delete table ip admin");

        until("ready again", () -> readiness().startsWith("ready"));
    }

    private void anNftThatFailsIsNamed() throws Exception {
        Files.createFile(failing());
        exec("nft flush ruleset");
        until("unready for it", () -> readiness().contains("out of order"));
        assertThat(readiness()).startsWith("not ready");
        assertThat(gatewaySaid("nft failed: out of order")).isNotEmpty();

        Files.delete(failing());
        until("ready again", () -> readiness().startsWith("ready"));
        until("the client reaches the resource", this::isReached);
    }

    private void ipv6ThatIsSwitchedOffIsNamedOnce() throws Exception {
        var remedy = "to switch it on again: sysctl -w net.ipv6.conf.tun-firezone.disable_ipv6=0";
        var over = "passes the tunnel's packets on again";
        until("nothing is told", () -> !probe("8081/readyz").contains("port 53535"));
        int before = gatewaySaid(over).size();

        exec("sysctl -qw net.ipv6.conf.tun-firezone.disable_ipv6=1");
        until("it is named", () -> probe("8081/readyz").contains(remedy));
        assertThat(readiness()).startsWith("ready");
        exec("ip link set tun-firezone down"); // at least one more look
        until("IPv4 works", () -> pings("client", "10.77.0.10"));
        assertThat(exec("sysctl -n net.ipv6.conf.tun-firezone.disable_ipv6")).startsWith("1");
        assertThat(gatewaySaid(remedy)).singleElement().asString().contains("WARN");

        exec("sysctl -qw net.ipv6.conf.tun-firezone.disable_ipv6=0");
        until("IPv6 works", this::isReached);
        until("it is told", () -> gatewaySaid(over).size() == before + 1);
    }

    /// An administrator who opens the host for a single resource means it.
    private void opensOne() throws Exception {
        load(
                """
                table inet admin {
                    chain forward {
                        type filter hook forward priority 0; policy drop;
                        ct state established accept
                        ip daddr 10.77.0.10 accept
                    }
                    chain input {
                        type filter hook input priority 0; policy accept;
                        iifname "tun-firezone" meta l4proto { tcp, udp } drop
                    }
                }
                """);
        until(
                "the closed DNS port is named",
                () -> probe("8081/readyz").contains("port 53535: chain input of table inet admin"));
        assertThat(readiness()).startsWith("ready");
        assertThat(pings("client", "10.77.0.10")).isTrue();
        exec("nft delete table inet admin");
    }

    private void load(String table) throws Exception {
        exec("nft -f " + sandbox.file("table.nft", table));
    }

    @Test
    void eachLifeLeavesTheHostAsItWas() throws Exception {
        inSite(
                () -> {
                    var sysctls = Path.of("deploy/systemd/60-gatehouse.conf");
                    exec("sysctl -q -p " + Program.ROOT.resolve(sysctls));
                    var before = networkWithout("tun-firezone");

                    startGateway("gateway");
                    gateway.terminate();
                    leavesNothing("a regular end", before);

                    startGateway("gateway");
                    killChild("dataplane");
                    until("it is resumed", () -> readiness().startsWith("ready"));
                    killChild("controlplane");
                    until("it has joined again", () -> readiness().startsWith("ready"));
                    assertThat(exec("ip rule").lines().filter(line -> line.startsWith("90:")))
                            .as("of however many lives")
                            .hasSize(1);
                    gateway.terminate();
                    leavesNothing("kill -9 of both halves", before);

                    startGateway("gateway");
                    sandbox.exec("kill", "-9", String.valueOf(gateway.pid()));
                    leavesNothing("kill -9 of the supervisor", before);

                    killedAtOnce();
                    startGateway("gateway");
                    gateway.terminate();
                    leavesNothing("a life after one that was killed at once", before);
                });
    }

    private void leavesNothing(String what, String before) throws Exception {
        until("nothing is left by " + what, () -> networkWithout("tun-firezone").equals(before));
    }

    private void killedAtOnce() throws Exception {
        startGateway("gateway");
        var all = new ArrayList<>(List.of("kill", "-9", String.valueOf(gateway.pid())));
        children("").forEach(all::add);
        sandbox.exec(all.toArray(String[]::new));
        until("the device is gone", () -> !exec("ip -o link").contains("tun-firezone"));
    }

    private void killChild(String process) throws Exception {
        var found = children(process);
        assertThat(found).as(process).hasSize(1);
        sandbox.exec("kill", "-9", found.getFirst());
        until(process + " is another", () -> !children(process).equals(found));
    }

    private List<String> children(String process) {
        return ProcessHandle.of(gateway.pid())
                .orElseThrow()
                .descendants()
                .map(child -> String.valueOf(child.pid()))
                .filter(pid -> isCalled(pid, process))
                .toList();
    }

    private static boolean isCalled(String pid, String process) {
        try {
            var words = Files.readString(Path.of("/proc", pid, "cmdline")).split("\0");
            return words[words.length - 1].endsWith(process);
        } catch (IOException _) {
            return false; // it has ended
        }
    }

    @Test
    void gatewayAndClientWorkOnOneHost() throws Exception {
        inSite(
                () -> {
                    startGateway("gateway");
                    var client = sandbox.start(in("gateway", peer("client")));
                    until("the client's routes", () -> leadsTo("tun-client"));
                    until("IPv4 through the tunnel", () -> pings("gateway", "10.77.0.10"));
                    until("IPv6 through the tunnel", () -> pings("gateway", "fd77::10"));
                    assertThat(transmitted("tun-firezone")).as("by the gateway").isPositive();

                    var second = sandbox.start(in("gateway", peer("gateway")));
                    assertThat(second.await()).isEqualTo(2);
                    assertThat(second.err())
                            .contains("a gateway runs on this host", "tun-firezone", "dataplane")
                            .hasLineCount(1);

                    gateway.terminate();
                    gateway.await();
                    client.terminate();
                    client.await();
                    sandbox.start(in("gateway", peer("client")));
                    until("the client's device", () -> exec("ip -o link").contains("tun-firezone"));
                    startGateway("gateway");
                    assertThat(exec("ip -o link")).contains("tun-gatehouse");
                    until("the client's routes", () -> leadsTo("tun-firezone"));
                    until("IPv4 through the tunnel", () -> pings("gateway", "10.77.0.10"));
                });
    }

    private boolean leadsTo(String device) throws Exception {
        return exec("ip route get 10.77.0.10").contains(device);
    }

    private long transmitted(String device) throws Exception {
        var path = "/sys/class/net/%s/statistics/rx_packets".formatted(device);
        return Long.parseLong(exec("cat " + path).strip());
    }

    private boolean isReached() throws Exception {
        return pings("client", "10.77.0.10") && pings("client", "fd77::10");
    }

    private boolean pings(String host, String target) throws Exception {
        return new ProcessBuilder("ip", "netns", "exec", host, "ping", "-qc1", "-W1", target)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private void until(String what, Callable<Boolean> isSo) throws Exception {
        try {
            Eventually.becomes(what, WITHIN, isSo);
        } catch (AssertionError e) {
            throw new AssertionError(
                    "%s%n%s%n%s%n%s"
                            .formatted(
                                    e.getMessage(),
                                    networkWithout(""),
                                    gateway == null ? "" : gateway.out(),
                                    gateway == null ? "" : gateway.err()),
                    e);
        }
    }

    private String readiness() throws Exception {
        return probe("8080/readyz");
    }

    private String metrics() throws Exception {
        return probe("8081/metrics");
    }

    private String probe(String portAndPath) throws Exception {
        return exec("curl -sm3 http://127.0.0.1:%s -w \\n --fail-early".formatted(portAndPath));
    }

    private List<String> gatewaySaid(String words) throws Exception {
        return (gateway.out() + gateway.err())
                .lines()
                .filter(line -> line.contains(words))
                .toList();
    }

    /// What can be left on the host, without lines about one device.
    private String networkWithout(String device) throws Exception {
        var all = new StringBuilder();
        for (var command :
                List.of(
                        "ip -o link",
                        "ip -o addr",
                        "ip rule",
                        "ip -6 rule",
                        "ip route show table all",
                        "ip -6 route show table all",
                        "nft list ruleset",
                        "sysctl -a --pattern net.*(forwarding|ip_forward|accept_ra|src_valid)")) {
            all.append(exec(command));
        }
        return all.toString()
                .lines()
                .filter(line -> device.isEmpty() || !line.contains(device))
                .map(line -> line.replaceFirst("^\\d+: (?=\\S+[:@ ])", "").strip())
                .filter(line -> !line.contains("fe80") && !line.contains("ff00"))
                .sorted()
                .reduce("", (one, other) -> one + "\n" + other);
    }

    /// In the gateway's namespace; what fails says nothing.
    private String exec(String command) throws Exception {
        var words = new ArrayList<>(List.of("ip", "netns", "exec", "gateway"));
        words.addAll(List.of(command.split(" ")));
        var process =
                new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return output;
    }
}
