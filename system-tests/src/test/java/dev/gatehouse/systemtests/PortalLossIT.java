package dev.gatehouse.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.Program.Spec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A stream over a direct path, whose client only listens, while portal and relay are replaced; the
/// relay comes back last, when gateway and client are logged in.
///
/// ```
///  client .10 --- bridge 10.99.0.0/24 --- .20 gateway --- resource 10.77.0.10
///                 .2 portal, relay: the sandbox
/// ```
@Tag("netns")
class PortalLossIT {
    private static final String PORTAL = "10.99.0.2";
    private static final String RESOURCE = "10.77.0.10";
    private static final String JOINED = "joined the portal";
    private static final String LOGGED_IN = "logged in to the portal";
    private static final long PATIENCE =
            (long) Double.parseDouble(System.getenv().getOrDefault("GATEHOUSE_PATIENCE", "5"));

    @TempDir private Path folder;

    private Program portal;
    private Program relay;
    private Program gateway;
    private Program client;

    @Test
    void aListenerIsServedWhilePortalAndRelayAreReplaced() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    build(sandbox);
                    startAll(sandbox);

                    nobodyNoticesAPortalThatIsReplaced(sandbox);
                });
    }

    private void nobodyNoticesAPortalThatIsReplaced(Sandbox sandbox) throws Exception {
        var listener = listen(sandbox, 8);
        for (var program : List.of(relay, portal)) {
            program.terminate();
            assertThat(program.await()).as(program.err()).isZero();
        }

        replace(sandbox);

        assertThat(longestGapMs(listener)).isLessThan(1_000 * PATIENCE);
        assertThat(client.err()).doesNotContain("left gateway", "lost gateway");
    }

    private void replace(Sandbox sandbox) throws Exception {
        long joined = count(gateway, JOINED);
        long loggedIn = count(client, LOGGED_IN);
        startPortal(sandbox);
        sandbox.until("the gateway joins", () -> count(gateway, JOINED) > joined);
        sandbox.until("the client logs in", () -> count(client, LOGGED_IN) > loggedIn);
        startRelay(sandbox);
    }

    private static long count(Program program, String text) throws Exception {
        return program.err().lines().filter(line -> line.contains(text)).count();
    }

    private static Program listen(Sandbox sandbox, int seconds) throws Exception {
        var end = end("listen", RESOURCE, Integer.toString(seconds));
        return sandbox.start(in("client", end)).awaitText("listening");
    }

    private long longestGapMs(Program listener) throws Exception {
        assertThat(listener.await())
                .as("%s%nclient: %s%ngateway: %s", listener.err(), client.err(), gateway.err())
                .isZero();
        var gap = listener.out().lines().toList().getLast();
        System.out.println(gap + " ms");
        return Long.parseLong(gap.substring("longest gap ".length()));
    }

    private void startAll(Sandbox sandbox) throws Exception {
        sandbox.file("portal.yaml", PORTAL_FILE);
        startPortal(sandbox);
        gateway = sandbox.start(in("gateway", peer("gateway"))).awaitText(JOINED);
        client = sandbox.start(in("client", peer("client"))).awaitText("the client is up");
        startRelay(sandbox);
        sandbox.start(in("resource", end("serve"))).awaitText("serving");
        sandbox.until("a path", () -> ping(sandbox) == 0);
    }

    private void startPortal(Sandbox sandbox) throws Exception {
        portal =
                sandbox.start(
                                Spec.gatehouse(
                                                "portal",
                                                "--config=" + sandbox.folder() + "/portal.yaml")
                                        .with("GATEHOUSE_PORTAL_DATA_DIR", "/run/portal-data"))
                        .awaitText("portal ws on port 8083");
    }

    private void startRelay(Sandbox sandbox) throws Exception {
        relay =
                sandbox.start(peer("relay").with("PUBLIC_IP4_ADDR", PORTAL))
                        .awaitText("the portal knows this relay");
    }

    private static int ping(Sandbox sandbox) throws Exception {
        return sandbox.start(in("client", Spec.of("ping", "-c1", "-W1", RESOURCE))).await();
    }

    private static void build(Sandbox sandbox) throws Exception {
        Sandbox.require("nft", "nftables");
        sandbox.file("build.sh", NETWORK);
        sandbox.exec("sh", "-e", sandbox.folder().resolve("build.sh").toString());
    }

    private static final String NETWORK =
            """
            ip link add net type bridge
            ip link set net up
            ip addr add 10.99.0.2/24 dev net
            for host in client gateway resource; do
                ip netns add $host
                ip -n $host link set lo up
            done
            n=10
            for host in client gateway; do
                ip link add $host-e type veth peer name eth0 netns $host
                ip link set $host-e master net up
                ip -n $host link set eth0 up
                ip -n $host addr add 10.99.0.$n/24 dev eth0
                n=20
            done
            ip -n gateway link add lan type veth peer name eth0 netns resource
            ip -n gateway link set lan up
            ip -n resource link set eth0 up
            ip -n gateway addr add 10.77.0.1/24 dev lan
            ip -n resource addr add 10.77.0.10/24 dev eth0
            ip -n resource route add default via 10.77.0.1
            """;

    private static final String PORTAL_FILE =
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
            policies:
              - {group: Staff, resource: IPv4}
            """
                    .formatted(hash("gateway"), hash("relay"), hash("client"));

    private static String token(String type) {
        return ".test-" + type + ".not-a-secret-outside-of-the-test";
    }

    private static String hash(String type) {
        return "sha256:"
                + HexFormat.of().formatHex(TransferEnd.sha256().digest(token(type).getBytes()));
    }

    private static Spec peer(String process) {
        var spec =
                Spec.gatehouse(process)
                        .with("FIREZONE_API_URL", "ws://" + PORTAL + ":8083")
                        .with("FIREZONE_TOKEN", token(process))
                        .with("FIREZONE_DNS_CONTROL", "disabled");
        return process.equals("relay") ? spec : spec.with("FIREZONE_ID", process);
    }

    private static Spec end(String... arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:+UseSerialGC", "-cp"));
        command.add(Path.of(PortalLossIT.class.getResource("/").getPath()).toString());
        command.add(Trickle.class.getName());
        command.addAll(List.of(arguments));
        return new Spec(List.copyOf(command), Map.of());
    }

    private static Spec in(String host, Spec spec) {
        return spec.after("ip", "netns", "exec", host);
    }
}
