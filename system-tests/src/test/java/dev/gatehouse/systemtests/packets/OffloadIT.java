package dev.gatehouse.systemtests.packets;

import static dev.gatehouse.systemtests.site.SmallSite.PORTAL;
import static dev.gatehouse.systemtests.site.SmallSite.build;
import static dev.gatehouse.systemtests.site.SmallSite.in;
import static dev.gatehouse.systemtests.site.SmallSite.peer;
import static dev.gatehouse.systemtests.site.SmallSite.startPortal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.RefusingKernel.Age;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.SmallSite;
import dev.gatehouse.systemtests.site.TransferEnd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Big transfers through real processes, with offloads on, off and refused by the kernel at either
/// end: content and checksums right, nothing dropped, ECN marks carried. GATEHOUSE_FILE_MIB makes
/// the files bigger.
@Tag("netns")
class OffloadIT {
    private static final String FILE_MIB =
            Optional.ofNullable(System.getenv("GATEHOUSE_FILE_MIB")).orElse("64");
    private static final String V4 = "10.77.0.10";
    private static final String V6 = "fd77::10";

    /// How one process is run.
    private enum Mode {
        AUTO,
        OFF,
        REFUSED,
        NO_USO;

        Spec of(Spec process) {
            return switch (this) {
                case AUTO -> process;
                case OFF -> process.with("GATEHOUSE_OFFLOAD", "off");
                case REFUSED -> process.after(Age.NOTHING.prefix());
                case NO_USO -> process.after(Age.NO_USO.prefix());
            };
        }

        boolean hasTso() {
            return this == AUTO || this == NO_USO;
        }
    }

    /// Counters that may move while nothing is lost.
    private static final Set<String> HARMLESS =
            Set.of(
                    "read_packets",
                    "read_bytes",
                    "read_joined",
                    "written_packets",
                    "written_bytes",
                    "written_joined",
                    "received_batches",
                    "received_datagrams",
                    "received_bytes",
                    "sent_batches",
                    "sent_datagrams",
                    "sent_bytes",
                    "send_queued",
                    "not_for_clients"); // what the kernel itself sends into a device, such as MLD

    private static final Pattern COUNTER =
            Pattern.compile(
                    "(gatehouse_(?:\\w+_dropped|udp|tun|udp_unsendable)_total)"
                            + "\\{(?:shard=\"0\",?)?(?:\\w+=\"(\\w+)\")?(?:,shard=\"0\")?}"
                            + " ([0-9.E]+)");
    private static final Pattern KERNEL_ERROR =
            Pattern.compile("(\\w*(?:InErrs|CsumErrors|InHdrErrors|InTruncatedPkts)) +([0-9]+)");

    @TempDir private Path folder;

    @Test
    void everythingArrivesAsItWasSentWithOffloadsOnOffAndRefused() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    build(sandbox);
                    startServers(sandbox);
                    transfersAreWhole(sandbox, Mode.AUTO, Mode.AUTO);
                    transfersAreWhole(sandbox, Mode.OFF, Mode.REFUSED);
                    transfersAreWhole(sandbox, Mode.REFUSED, Mode.OFF);
                    transfersAreWhole(sandbox, Mode.NO_USO, Mode.NO_USO);
                    for (String host : List.of("client", "gateway", "resource")) {
                        checksumsWereRight(sandbox, host);
                    }
                });
    }

    private void transfersAreWhole(Sandbox sandbox, Mode clientMode, Mode gatewayMode)
            throws Exception {
        var modes = "client %s, gateway %s: ".formatted(clientMode, gatewayMode);
        var gateway = sandbox.start(in("gateway", gatewayMode.of(peer("gateway"))));
        var client = sandbox.start(in("client", clientMode.of(peer("client"))));
        client.awaitText("the client is up");
        sandbox.until("a path", () -> exitCode(sandbox, "ping", "-c1", "-W1", V4) == 0);
        sandbox.until("a path", () -> exitCode(sandbox, "ping", "-c1", "-W1", V6) == 0);
        var before = counters(sandbox);

        System.out.print(modes + "up " + transfer(sandbox, "up", V4, FILE_MIB));
        System.out.print(modes + "down " + transfer(sandbox, "down", V6, FILE_MIB));
        var afterTcp = counters(sandbox);
        assertThat(lost(before, afterTcp)).as(modes + "lost by the data plane").isEmpty();
        for (var what : List.of("read_joined", "written_joined")) {
            assertThat(moved(before, afterTcp, what))
                    .as(modes + what)
                    .isEqualTo(gatewayMode.hasTso());
        }

        everySizePasses(sandbox);
        var afterUdp = counters(sandbox);
        assertThat(lost(afterTcp, afterUdp)).as(modes + "lost by the data plane").isEmpty();
        assertThat(moved(afterTcp, afterUdp, "written_joined"))
                .as(modes + "joined UDP")
                .isEqualTo(gatewayMode == Mode.AUTO);
        congestionMarksAreCarried(sandbox);
        assertThat(client.err() + gateway.err()).doesNotContain(" ERROR ", "Exception");

        for (var program : List.of(client, gateway)) {
            program.terminate();
            assertThat(program.await()).as(program.err()).isZero();
        }
    }

    private static String transfer(Sandbox sandbox, String direction, String to, String mib)
            throws Exception {
        return sandbox.exec(command(in("client", end(direction, to, mib))));
    }

    /// Datagrams of all lengths up to the MTU, and not one more that must not be cut.
    private static void everySizePasses(Sandbox sandbox) throws Exception {
        for (String target : List.of(V4, V6)) {
            var answer = sandbox.exec(command(in("client", end("udp", target))));
            assertThat(answer).contains("all came back");
            int headers = target.equals(V4) ? 28 : 48;
            for (int size : List.of(1280, 1279)) {
                var payload = Integer.toString(size - headers);
                assertThat(ping(sandbox, "-M", "do", "-s", payload, target)).isZero();
            }
            assertThat(ping(sandbox, "-M", "do", "-s", Integer.toString(1281 - headers), target))
                    .isNotZero();
        }
    }

    /// Outer headers are marked on the way, as a router under load does: the marks reach the inner
    /// end, and none is lost in a super-packet.
    private static void congestionMarksAreCarried(Sandbox sandbox) throws Exception {
        long before = kernel(sandbox, "resource", "IpExtInCEPkts");
        sandbox.exec(
                "ip",
                "netns",
                "exec",
                "gateway",
                "nft",
                "add table inet congested; add chain inet congested in"
                        + " { type filter hook prerouting priority raw; };"
                        + " add rule inet congested in iifname eth0 ip ecn ect0"
                        + " numgen random mod 10 == 0 ip ecn set ce");

        transfer(sandbox, "up", V4, "8");

        sandbox.exec(
                "ip", "netns", "exec", "gateway", "nft", "delete", "table", "inet", "congested");
        assertThat(kernel(sandbox, "resource", "IpExtInCEPkts")).isGreaterThan(before);
        assertThat(kernel(sandbox, "client", "TcpExtTCPDeliveredCE")).isPositive();
    }

    private static long kernel(Sandbox sandbox, String host, String name) throws Exception {
        return sandbox.exec("ip", "netns", "exec", host, "nstat", "-asz", name)
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.split(" +")[1]))
                .sum();
    }

    private static void checksumsWereRight(Sandbox sandbox, String host) throws Exception {
        var all = sandbox.exec("ip", "netns", "exec", host, "nstat", "-asz");
        var errors =
                KERNEL_ERROR
                        .matcher(all)
                        .results()
                        .collect(Collectors.toMap(m -> m.group(1), m -> m.group(2)));
        assertThat(errors)
                .as(host)
                .containsKeys("TcpInErrs", "TcpInCsumErrors", "UdpInCsumErrors", "Ip6InHdrErrors")
                .allSatisfy((name, value) -> assertThat(value).as(name).isEqualTo("0"));
    }

    private static Map<String, Double> counters(Sandbox sandbox) throws Exception {
        var text =
                sandbox.exec(
                        "ip",
                        "netns",
                        "exec",
                        "gateway",
                        "curl",
                        "-sf",
                        "http://127.0.0.1:8081/metrics");
        var counters = new LinkedHashMap<String, Double>();
        COUNTER.matcher(text)
                .results()
                .forEach(
                        m ->
                                counters.put(
                                        m.group(1) + " " + m.group(2), Double.valueOf(m.group(3))));
        assertThat(counters).containsKey("gatehouse_tun_total written_joined");
        return counters;
    }

    private static boolean moved(
            Map<String, Double> before, Map<String, Double> after, String what) {
        var name = "gatehouse_tun_total " + what;
        return after.get(name) > before.get(name);
    }

    private static List<String> lost(Map<String, Double> before, Map<String, Double> after) {
        return after.entrySet().stream()
                .filter(e -> e.getValue() > before.getOrDefault(e.getKey(), 0.0))
                .map(Map.Entry::getKey)
                .filter(name -> !HARMLESS.contains(name.substring(name.indexOf(' ') + 1)))
                .toList();
    }

    private static int ping(Sandbox sandbox, String... options) throws Exception {
        var command = new ArrayList<>(List.of("ping", "-c", "2", "-i", "0.01", "-W", "2"));
        command.addAll(List.of(options));
        return exitCode(sandbox, command.toArray(String[]::new));
    }

    private static int exitCode(Sandbox sandbox, String... command) throws Exception {
        return sandbox.start(in("client", Spec.of(command))).await();
    }

    private static void startServers(Sandbox sandbox) throws Exception {
        startPortal(sandbox);
        sandbox.start(peer("relay").with("PUBLIC_IP4_ADDR", PORTAL))
                .awaitText("relay serves UDP port 3478");
        sandbox.start(in("resource", end("serve"))).awaitText("serving");
    }

    private static Spec end(String... arguments) {
        return SmallSite.end(TransferEnd.class, arguments);
    }

    private static String[] command(Spec spec) {
        return spec.command().toArray(String[]::new);
    }
}
