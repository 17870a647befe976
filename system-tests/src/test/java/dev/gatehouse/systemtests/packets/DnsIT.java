package dev.gatehouse.systemtests.packets;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Resolvers of others, dig and dnsmasq, ask the client's DNS server.
@Tag("netns")
class DnsIT {
    private static final String UPSTREAM = "10.77.0.53";
    private static final String HOST = "host.up.example";
    private static final String HOST_V4 = "203.0.113.7";
    private static final String HOST_V6 = "2001:db8::7";
    private static final String LONG_TEXT = "0123456789".repeat(20);
    private static final String LARGE = "large.up.example";
    private static final int LARGE_TEXTS = 12;
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

    @TempDir private Path folder;

    @Test
    void theClientAnswersForResourcesAndForwardsTheRest() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    startUpstream(sandbox);
                    startPortal(sandbox);
                    var client = sandbox.start(peer("client")).awaitText("the client is up");
                    var stub = nameserver();
                    assertThat(stub).isNotEqualTo(UPSTREAM);

                    asksForResources(sandbox, stub);
                    asksForTheRest(sandbox, stub);
                    asksOverTcp(sandbox, stub);
                    asksThroughDnsmasq(sandbox, stub);

                    client.terminate();
                    assertThat(client.await()).isZero();
                    assertThat(nameserver()).isEqualTo(UPSTREAM);
                });
    }

    private static void asksForResources(Sandbox sandbox, String stub) throws Exception {
        var v4 = lines(dig(sandbox, stub, "A", "www.lab.example"));
        var v6 = lines(dig(sandbox, stub, "AAAA", "www.lab.example"));

        assertThat(v4).hasSize(4).allMatch(a -> isIn("100.96.0.0/11", a));
        assertThat(v6).hasSize(4).allMatch(a -> isIn("fd00:2021:1111:8000::/107", a));
        assertThat(lines(dig(sandbox, stub, "A", "WWW.Lab.Example"))).isEqualTo(v4);
        assertThat(lines(sandbox.exec(ask(stub, "+short", "-x", v4.getFirst()))))
                .containsExactly("www.lab.example.");
        assertThat(header(sandbox, stub, "HTTPS", "www.lab.example"))
                .contains("status: NOERROR", "ANSWER: 0");
    }

    private static void asksForTheRest(Sandbox sandbox, String stub) throws Exception {
        assertThat(lines(dig(sandbox, stub, "A", HOST))).containsExactly(HOST_V4);
        assertThat(lines(dig(sandbox, stub, "AAAA", HOST))).containsExactly(HOST_V6);
        assertThat(dig(sandbox, stub, "TXT", HOST)).contains(LONG_TEXT);
        assertThat(header(sandbox, stub, "A", "none.up.example")).contains("status: NXDOMAIN");
    }

    /// What does not fit a packet is told so, and had over TCP; dig does that by itself.
    private static void asksOverTcp(Sandbox sandbox, String stub) throws Exception {
        assertThat(lines(sandbox.exec(ask(stub, "+tcp", "+short", "A", "www.lab.example"))))
                .hasSize(4)
                .allMatch(a -> isIn("100.96.0.0/11", a));
        assertThat(header(sandbox, stub, "+ignore", "TXT", LARGE)).contains("flags: qr aa tc");
        assertThat(sandbox.exec(ask(stub, "+short", "TXT", LARGE)))
                .isEqualTo(sandbox.exec(ask(UPSTREAM, "+tcp", "+short", "TXT", LARGE)))
                .hasSizeGreaterThan(LARGE_TEXTS * LONG_TEXT.length());
        var two = ask(stub, "+tcp", "+keepopen", "+short", HOST, "A", HOST, "AAAA");
        assertThat(lines(sandbox.exec(two))).containsExactly(HOST_V6, HOST_V4);
        assertThat(sandbox.exec("ss", "-Htln", "sport = :53535").lines()).hasSize(2);
    }

    /// Another resolver between: it checks ids, questions and sections of what it gets.
    private static void asksThroughDnsmasq(Sandbox sandbox, String server) throws Exception {
        sandbox.start(
                        Spec.of(
                                "dnsmasq",
                                "--keep-in-foreground",
                                "--conf-file=/dev/null",
                                "--no-resolv",
                                "--no-hosts",
                                "--user=root",
                                "--pid-file=/run/second.pid",
                                "--port=5300",
                                "--listen-address=127.0.0.1",
                                "--bind-interfaces",
                                "--log-facility=-",
                                "--server=" + server))
                .awaitText("started");
        for (String type : List.of("A", "AAAA", "TXT")) {
            assertThat(sandbox.exec("dig", "+short", "@127.0.0.1", "-p", "5300", type, HOST))
                    .isEqualTo(dig(sandbox, UPSTREAM, type, HOST));
        }
    }

    private static void startUpstream(Sandbox sandbox) throws Exception {
        Sandbox.require("dig", "bind9-dnsutils");
        Sandbox.require("dnsmasq", "dnsmasq-base");
        sandbox.exec("ip", "addr", "add", UPSTREAM + "/32", "dev", "lo");
        sandbox.start(
                        Spec.of(
                                "dnsmasq",
                                "--keep-in-foreground",
                                "--conf-file=/dev/null",
                                "--no-resolv",
                                "--no-hosts",
                                "--user=root",
                                "--pid-file=/run/upstream.pid",
                                "--listen-address=" + UPSTREAM,
                                "--bind-interfaces",
                                "--log-facility=-",
                                "--local=/up.example/",
                                "--host-record=%s,%s,%s".formatted(HOST, HOST_V4, HOST_V6),
                                "--txt-record=%s,%s,%s".formatted(HOST, LONG_TEXT, LONG_TEXT),
                                "--txt-record=%s%s"
                                        .formatted(LARGE, ("," + LONG_TEXT).repeat(LARGE_TEXTS))))
                .awaitText("started");
        Files.writeString(RESOLV_CONF, "nameserver " + UPSTREAM + "\n");
    }

    private static void startPortal(Sandbox sandbox) throws Exception {
        var init =
                sandbox.start(
                        Spec.gatehouse(
                                "portal",
                                "init",
                                "--config=/run/portal.yaml",
                                "--tokens-dir=/run/tokens"));
        assertThat(init.await()).as(init.err()).isZero();
        sandbox.start(
                        Spec.gatehouse("portal", "--config=/run/portal.yaml")
                                .with("GATEHOUSE_PORTAL_DATA_DIR", "/run/portal-data"))
                .awaitText("portal ws on port 8083");
    }

    private static Spec peer(String process) {
        return Spec.gatehouse(process)
                .with("FIREZONE_API_URL", "ws://127.0.0.1:8083")
                .with("FIREZONE_ID", "test")
                .with("FIREZONE_TOKEN", "/run/tokens/" + process);
    }

    private static String dig(Sandbox sandbox, String server, String type, String name)
            throws Exception {
        return sandbox.exec(ask(server, "+short", type, name));
    }

    private static String header(Sandbox sandbox, String server, String... words) throws Exception {
        return sandbox.exec(ask(server, words));
    }

    private static String[] ask(String server, String... words) {
        var command = new ArrayList<>(List.of("dig", "@" + server));
        command.addAll(List.of(words));
        return command.toArray(String[]::new);
    }

    private static String nameserver() throws Exception {
        return Files.readAllLines(RESOLV_CONF).stream()
                .filter(line -> line.startsWith("nameserver "))
                .map(line -> line.substring("nameserver ".length()))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> lines(String text) {
        return text.lines().sorted().toList();
    }

    private static boolean isIn(String network, String address) {
        return IpNetwork.parse(network).contains(IpAddress.parse(address));
    }
}
