package dev.gatehouse.systemtests.site;

import dev.gatehouse.systemtests.site.Program.Spec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// A site of one gateway in namespaces inside a sandbox, which itself is where portal and relay
/// are. The client may use both networks of the resource, and its name, [#NAME].
///
/// ```
///  client .10 --- bridge 10.99.0.0/24 --- .20 gateway --- resource 10.77.0.10, fd77::10
///                 .2 portal, relay: the sandbox
/// ```
public final class SmallSite {
    public static final String PORTAL = "10.99.0.2";
    static final String NAME = "www.lab.example";

    private static final String HOSTS =
            "127.0.0.1 localhost%n10.77.0.10 %s%nfd77::10 %s%n".formatted(NAME, NAME);

    private static final String NETWORK =
            """
            ip link add net type bridge
            ip link set net up
            ip addr add 10.99.0.2/24 dev net
            ip addr add fd99::2/64 dev net nodad
            for host in client gateway resource; do
                ip netns add $host
                ip -n $host link set lo up
                ip netns exec $host sysctl -qw net.ipv4.tcp_ecn=1
            done
            n=10
            for host in client gateway; do
                ip link add $host-e type veth peer name eth0 netns $host
                ip link set $host-e master net up
                ip -n $host link set eth0 up
                ip -n $host addr add 10.99.0.$n/24 dev eth0
                ip -n $host addr add fd99::$n/64 dev eth0 nodad
                n=20
            done
            ip -n gateway link add lan type veth peer name eth0 netns resource
            ip -n gateway link set lan up
            ip -n resource link set eth0 up
            ip -n gateway addr add 10.77.0.1/24 dev lan
            ip -n gateway addr add fd77::1/64 dev lan nodad
            ip -n resource addr add 10.77.0.10/24 dev eth0
            ip -n resource addr add fd77::10/64 dev eth0 nodad
            ip -n resource route add default via 10.77.0.1
            ip -n resource route add default via fd77::1
            """;

    static final String PORTAL_FILE =
            """
            account: {slug: test}
            sites: [{name: HQ}]
            actors: [{name: Robin}]
            groups: [{name: Staff, members: [Robin]}]
            tokens:
              - {id: test-gateway, type: gateway, site: HQ, hash: "%s"}
              - {id: test-relay, type: relay, hash: "%s"}
              - {id: test-client, type: client, actor: Robin, hash: "%s"}
            resources:
              - {name: IPv4, type: cidr, address: 10.77.0.0/24, sites: [HQ]}
              - {name: IPv6, type: cidr, address: "fd77::/64", sites: [HQ]}
              - {name: Names, type: dns, address: "*.lab.example", sites: [HQ]}
            policies:
              - {group: Staff, resource: IPv4}
              - {group: Staff, resource: IPv6}
              - {group: Staff, resource: Names}
            """
                    .formatted(hash("gateway"), hash("relay"), hash("client"));

    private static String token(String type) {
        return ".test-" + type + ".not-a-secret-outside-of-the-test";
    }

    private static String hash(String type) {
        return "sha256:"
                + HexFormat.of().formatHex(TransferEnd.sha256().digest(token(type).getBytes()));
    }

    /// A process of ours with what it needs to log in.
    public static Spec peer(String process) {
        var spec =
                Spec.gatehouse(process)
                        .with("FIREZONE_API_URL", "ws://" + PORTAL + ":8083")
                        .with("FIREZONE_TOKEN", token(process))
                        .with("FIREZONE_DNS_CONTROL", "disabled");
        return process.equals("relay")
                ? spec.with("GATEHOUSE_RELAY_ALLOW_PEER", "10.99.0.0/24")
                : spec.with("FIREZONE_ID", process);
    }

    private SmallSite() {}

    public static void build(Sandbox sandbox) throws Exception {
        Sandbox.require("nft", "nftables");
        sandbox.file("portal.yaml", PORTAL_FILE);
        sandbox.exec("mount", "--bind", sandbox.file("hosts", HOSTS).toString(), "/etc/hosts");
        sandbox.file("build.sh", NETWORK);
        sandbox.exec("sh", "-e", sandbox.folder().resolve("build.sh").toString());
    }

    /// The first one makes the database, later ones find it.
    public static Program startPortal(Sandbox sandbox) throws Exception {
        return sandbox.start(
                        Spec.gatehouse("portal", "--config=" + sandbox.folder() + "/portal.yaml")
                                .with("GATEHOUSE_PORTAL_DATA_DIR", "/run/portal-data"))
                .awaitText("portal ws on port 8083");
    }

    /// One end of a transfer: a JVM of its own that runs `main`, a class of these tests.
    public static Spec end(Class<?> main, String... arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:+UseSerialGC", "-cp"));
        command.add(Path.of(main.getResource("/").getPath()).toString());
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new Spec(List.copyOf(command), Map.of());
    }

    /// What the client's own DNS server says of [#NAME]: addresses that only it knows.
    ///
    /// @param type `A` or `AAAA`
    public static String proxyOf(Sandbox sandbox, String type) throws Exception {
        Sandbox.require("dig", "bind9-dnsutils");
        var ask = Spec.of("dig", "+short", "+tries=5", "@100.100.111.1", type, NAME);
        var answer = sandbox.exec(in("client", ask).command().toArray(String[]::new));
        return answer.lines().findFirst().orElseThrow();
    }

    public static Spec in(String host, Spec spec) {
        return spec.after("ip", "netns", "exec", host);
    }
}
