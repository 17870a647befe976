package dev.gatehouse.systemtests.hostile.site;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// All processes of ours, an honest user and a place for a bad peer, in namespaces inside a
/// sandbox, which itself is where portal and relay are. Honest packets go through the relay: the
/// way from client to gateway is closed, so that what hurts the relay is seen.
///
/// ```
///  client  .10 --- bridge 10.99.0.0/24 --- .20 gateway --- resource 10.77.0.10, 10.77.1.0/24
///  hostile .30 ---      .2 portal, relay
/// ```
public final class HostileSite {
    private static final String NETWORK =
            """
            ip link add net type bridge
            ip link set net up
            ip addr add 10.99.0.2/24 dev net
            for host in client gateway hostile resource; do
                ip netns add $host
                ip -n $host link set lo up
            done
            n=10
            for host in client gateway hostile; do
                ip link add $host-e type veth peer name eth0 netns $host
                ip link set $host-e master net up
                ip -n $host link set eth0 up
                ip -n $host addr add 10.99.0.$n/24 dev eth0
                ip -n $host addr add fd99::$n/64 dev eth0 nodad
                n=$((n + 10))
            done
            ip -n hostile route add local 10.99.0.128/25 dev lo
            ip netns exec hostile sysctl -qw net.ipv4.ip_local_port_range='2000 64000'
            ip -n gateway link add lan type veth peer name eth0 netns resource
            ip -n gateway link set lan up
            ip -n resource link set eth0 up
            ip -n gateway addr add 10.77.0.1/24 dev lan
            ip -n gateway route add 10.77.1.0/24 via 10.77.0.10
            ip -n resource addr add 10.77.0.10/24 dev eth0
            ip -n resource addr add 10.77.0.11/24 dev eth0
            ip -n resource route add local 10.77.1.0/24 dev lo
            ip -n resource route add default via 10.77.0.1
            mkdir -p /etc/netns/gateway
            echo nameserver 10.99.0.30 >/etc/netns/gateway/resolv.conf
            ip netns exec client nft -f - <<EOF
            table inet closed {
                chain out {
                    type filter hook output priority filter
                    ip daddr 10.99.0.20 udp dport != 0 drop
                    ip6 daddr fd99::/64 udp dport != 0 drop
                }
                chain in {
                    type filter hook input priority filter
                    ip saddr 10.99.0.20 udp dport != 0 drop
                    ip6 saddr fd99::/64 udp dport != 0 drop
                }
            }
            EOF
            """;

    private static final String PORTAL_FILE =
            """
            account: {slug: test, upstream_dns: ["10.99.0.30"]}
            sites: [{name: HQ}, {name: Elsewhere}]
            actors: [{name: Robin}, {name: Mallory}]
            groups: [{name: Staff, members: [Robin, Mallory]}]
            tokens:
            %s
            resources:
              - {name: IPv4, type: cidr, address: 10.77.0.0/24, sites: [HQ]}
              - {name: Names, type: dns, address: "*.lab.example", sites: [HQ]}
              - {name: Evil, type: dns, address: "**.evil.example", sites: [HQ]}
              - {name: There, type: cidr, address: 10.88.0.0/24, sites: [Elsewhere]}
            %s
            policies:
            %s
            """;

    /// MiB of memory that each process is given (deploy/README.md, sizing); its heap may take 60 %.
    private static final long MEMORY_MIB = 512;

    private static final long MEMORY_DATAPLANE_MIB = 768;
    private static final String JVM =
            "-XX:MaxRAM=%dm -XX:MaxRAMPercentage=60 -XX:+ExitOnOutOfMemoryError"
                    .formatted(MEMORY_MIB);
    private static final String[] OURS = {
        "portal", "relay", "gateway", "controlplane", "dataplane", "client"
    };
    private static final double KIB_PER_MIB = 1_024;

    private final Sandbox sandbox;
    private final Map<String, Program> processes = new LinkedHashMap<>();
    private Map<Long, String> started = Map.of();
    private Program user;

    private HostileSite(Sandbox sandbox) {
        this.sandbox = sandbox;
    }

    static HostileSite start(Sandbox sandbox) throws Exception {
        Sandbox.require("nft", "nftables");
        var site = new HostileSite(sandbox);
        site.build();
        site.startProcesses();
        site.startInside("hostile", java(DnsServer.class)).awaitText("serving");
        site.startUser();
        site.started = site.pids();
        assertThat(site.started.values()).containsExactlyInAnyOrder(OURS);
        return site;
    }

    private void build() throws Exception {
        sandbox.file("portal.yaml", portalFile());
        var hosts = new StringBuilder("127.0.0.1 localhost\n");
        for (int i = 0; i < Place.NAMES; i++) {
            hosts.append(Place.NAMED).append(' ').append(Place.name(i)).append('\n');
        }
        var file = sandbox.file("hosts", hosts.toString());
        sandbox.exec("mount", "--bind", file.toString(), "/etc/hosts");
        sandbox.file("build.sh", NETWORK);
        sandbox.exec("sh", "-e", sandbox.folder().resolve("build.sh").toString());
    }

    private static String portalFile() {
        var tokens =
                Stream.of(
                                token("gateway", "gateway, site: HQ"),
                                token("relay", "relay"),
                                token("client", "client, actor: Robin"),
                                token("hostile-client", "client, actor: Mallory"),
                                token("hostile-gateway", "gateway, site: Elsewhere"))
                        .collect(Collectors.joining("\n"));
        var resources =
                Place.singles().stream()
                        .map(
                                a ->
                                        "  - {name: %s, type: ip, address: %s, sites: [HQ]}"
                                                .formatted(a, a))
                        .collect(Collectors.joining("\n"));
        var policies =
                Stream.concat(Stream.of("IPv4", "Names", "Evil", "There"), Place.singles().stream())
                        .map("  - {group: Staff, resource: \"%s\"}"::formatted)
                        .collect(Collectors.joining("\n"));
        return PORTAL_FILE.formatted(tokens, resources, policies);
    }

    private static String token(String id, String type) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(Place.token(id).getBytes());
            return "  - {id: %s, type: %s, hash: \"sha256:%s\"}"
                    .formatted(id, type, HexFormat.of().formatHex(digest));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void startProcesses() throws Exception {
        var portal =
                ours("portal", "portal", "--config=" + sandbox.folder() + "/portal.yaml")
                        .with("GATEHOUSE_PORTAL_DATA_DIR", "/run/portal-data");
        processes.put("portal", sandbox.start(portal).awaitText("portal ws on port"));
        var relay =
                ours("relay", "relay")
                        .with("PUBLIC_IP4_ADDR", Place.PORTAL)
                        .with("GATEHOUSE_RELAY_ALLOW_PEER", "10.99.0.0/24");
        processes.put("relay", sandbox.start(relay));
        processes.put("gateway", sandbox.start(in("gateway", ours("gateway", "gateway"))));
        processes.put("client", sandbox.start(in("client", ours("client", "client"))));
        processes.get("relay").awaitText("the portal knows this relay");
        processes.get("gateway").awaitText("joined the portal");
        processes.get("client").awaitText("the client is up");
    }

    private static Spec ours(String id, String... arguments) {
        return Spec.gatehouse(arguments)
                .asShipped()
                .with("JAVA_TOOL_OPTIONS", JVM)
                .with("FIREZONE_API_URL", "ws://" + Place.PORTAL + ":" + Place.PORTAL_PORT)
                .with("FIREZONE_TOKEN", Place.token(id))
                .with("FIREZONE_ID", id)
                .with("FIREZONE_DNS_CONTROL", "disabled");
    }

    private void startUser() throws Exception {
        sandbox.start(in("resource", java(HonestServer.class))).awaitText("serving");
        user = sandbox.start(in("client", java(HonestUser.class)));
        for (var kind : Measures.KINDS) {
            user.awaitText("\n" + kind + " ");
        }
    }

    /// Somebody on the honest client's machine who has something to do with the hostile gateway.
    public Program startCaller() throws IOException {
        return startInside("client", java(HonestUser.class, Place.EVIL_RESOURCE));
    }

    /// A program of these tests, with the archives of the build on its class path.
    public static Spec java(Class<?> main, String... arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
        var root = Path.of(System.getenv().getOrDefault("GATEHOUSE_ROOT", "..")).toAbsolutePath();
        command.add(
                String.join(
                        ":",
                        place(main),
                        place(Eventually.class),
                        root + "/launcher/target/lib/*"));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new Spec(List.copyOf(command), Map.of());
    }

    private static String place(Class<?> of) {
        return of.getProtectionDomain().getCodeSource().getLocation().getPath();
    }

    static Spec in(String host, Spec spec) {
        return spec.after("ip", "netns", "exec", host);
    }

    public Program startInside(String host, Spec spec) throws IOException {
        return sandbox.start(in(host, spec));
    }

    /// What the honest user has told so far.
    public Measures measures() throws IOException {
        assertThat(user.isAlive()).as(user.err()).isTrue();
        return Measures.read(user.out());
    }

    /// Waits until the honest user has done so many things of each kind after `fromNs`.
    public void awaitWork(long fromNs, int times) throws Exception {
        Eventually.becomes(
                "the honest user works",
                Eventually.LONG,
                () -> {
                    var since = measures().after(fromNs);
                    return Measures.KINDS.stream().allMatch(k -> since.count(k) >= times);
                });
    }

    /// No process has ended, not even to be started again, or takes more than it is given.
    public void assertWell() throws IOException {
        processes.forEach((name, p) -> assertThat(p.isAlive()).as(name + said(p)).isTrue());
        assertThat(pids()).as("processes are those that were started").isEqualTo(started);
        for (var one : started.entrySet()) {
            long limit = one.getValue().contains("dataplane") ? MEMORY_DATAPLANE_MIB : MEMORY_MIB;
            assertThat(memoryMib(one.getKey()))
                    .as("MiB that %s has ever taken", one.getValue())
                    .isLessThan(limit);
        }
    }

    private static String said(Program program) {
        try {
            return ": " + program.err();
        } catch (IOException e) {
            return ": " + e;
        }
    }

    /// The processes and those that they started, with what they are.
    private Map<Long, String> pids() {
        return processes.values().stream()
                .flatMap(p -> ProcessHandle.of(p.pid()).stream())
                .flatMap(h -> Stream.concat(Stream.of(h), h.descendants()))
                .filter(h -> !word(h).isEmpty())
                .collect(Collectors.toMap(ProcessHandle::pid, HostileSite::word));
    }

    /// `portal` and so on; empty for what is none of ours, or gone.
    private static String word(ProcessHandle process) {
        try {
            var path = Path.of("/proc/" + process.pid() + "/cmdline");
            var arguments = List.of(Files.readString(path).split("\0"));
            int at = arguments.indexOf("dev.gatehouse.launcher.Gatehouse");
            return at < 0 || at + 1 == arguments.size() ? "" : arguments.get(at + 1);
        } catch (IOException _) {
            return "";
        }
    }

    /// The most memory that a process has ever had resident.
    private static double memoryMib(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                        .filter(line -> line.startsWith("VmHWM:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow()
                / KIB_PER_MIB;
    }

    public String memory() throws IOException {
        var told = new ArrayList<String>();
        for (var one : started.entrySet()) {
            told.add("%s %.0f".formatted(one.getValue(), memoryMib(one.getKey())));
        }
        return String.join(", ", told) + " MiB";
    }
}
