package dev.gatehouse.systemtests.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.TransferEnd;
import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a client does to the host's resolver, and what others do to it meanwhile. The C library
/// asks, as applications do.
@Tag("netns")
class ResolverIT {
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
    private static final String FIRST = "10.77.0.53";
    private static final String SECOND = "10.77.0.54";
    private static final String TOKEN = ".test-client.not-a-secret-outside-of-the-test";

    /// As the kubelet writes it.
    private static final String POD =
            """
            search default.svc.cluster.local svc.cluster.local cluster.local
            nameserver %s
            options ndots:5
            """
                    .formatted(FIRST);

    private static final String PORTAL_FILE =
            """
            account: {slug: test, search_domain: corp.example}
            sites: [{name: HQ}]
            actors: [{name: Robin}]
            groups: [{name: Staff, members: [Robin]}]
            tokens: [{id: test-client, type: client, actor: Robin, hash: "%s"}]
            resources: [{name: Names, type: dns, address: "**.corp.example", sites: [HQ]}]
            policies: [{group: Staff, resource: Names}]
            """
                    .formatted(
                            "sha256:"
                                    + HexFormat.of()
                                            .formatHex(
                                                    TransferEnd.sha256().digest(TOKEN.getBytes())));

    @TempDir private Path folder;

    @Test
    void aClientKeepsTheResolverAndLosesNoNameOfThePod() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    startUpstream(sandbox, FIRST, "203.0.113.7");
                    startUpstream(sandbox, SECOND, "203.0.113.8");
                    Files.writeString(RESOLV_CONF, POD);
                    startPortal(sandbox);
                    var client = sandbox.start(client()).awaitText("the client is up");

                    resolvesAsInAPod(sandbox);
                    isWrittenAgain(sandbox);
                    aKilledClientsTraceIsUndoneWhateverComesNext(sandbox, client);
                });
    }

    private static void resolvesAsInAPod(Sandbox sandbox) throws Exception {
        assertThat(Files.readString(RESOLV_CONF)).contains("\noptions ndots:1\n");
        assertThat(address(sandbox, "github.example")).isEqualTo("203.0.113.7");
        assertThat(address(sandbox, "web")).isEqualTo("10.96.1.1");
        assertThat(address(sandbox, "db.other")).isEqualTo("10.96.1.2");
        assertThat(address(sandbox, "intranet"))
                .satisfies(a -> assertThat(isProxy(a)).as(a).isTrue());
    }

    /// In place, as with `cat original >/etc/resolv.conf`; then with servers of another network.
    private static void isWrittenAgain(Sandbox sandbox) throws Exception {
        long startedNs = System.nanoTime();
        Files.writeString(RESOLV_CONF, POD);
        sandbox.until("written again", ResolverIT::isOurs);
        assertThat(Duration.ofNanos(System.nanoTime() - startedNs).toMillis())
                .isLessThan(Eventually.patientMs(2_000));
        assertThat(address(sandbox, "intranet"))
                .satisfies(a -> assertThat(isProxy(a)).as(a).isTrue());

        Files.writeString(RESOLV_CONF, "nameserver " + SECOND + "\n");
        sandbox.until("written again", ResolverIT::isOurs);
        sandbox.until("asked", () -> address(sandbox, "github.example").equals("203.0.113.8"));
        var status = sandbox.exec(words(Spec.gatehouse("client", "status")));
        assertThat(status).contains("etc-resolv-conf, changed by other programs: 2");
    }

    private static void aKilledClientsTraceIsUndoneWhateverComesNext(
            Sandbox sandbox, Program client) throws Exception {
        sandbox.start(client().with("FIREZONE_UDP_SEND_BUFFER_SIZE", "x")).await();
        assertThat(isOurs()).as("a living client's").isTrue();

        client.close(); // SIGKILL
        assertThat(isOurs()).isTrue();
        var mistaken = sandbox.start(client().with("FIREZONE_UDP_SEND_BUFFER_SIZE", "x"));

        assertThat(mistaken.await()).isEqualTo(2);
        assertThat(Files.readString(RESOLV_CONF)).isEqualTo("nameserver " + SECOND + "\n");
    }

    /// The tool takes seconds, and fails at its second call: names come late, all else in time.
    @Test
    void aSlowAndFailingResolvectlNeitherStopsNorEndsTheClient() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    startPortal(sandbox);
                    var gate = folder.resolve("gate");
                    var tool = folder.resolve("resolvectl");
                    var script =
                            """
                            #!/bin/sh
                            echo "$@" >>%1$s/calls
                            [ "$1 $2" != "dns tun-firezone" ] && exit 0
                            while [ ! -e %2$s ]; do sleep 0.1; done
                            [ $(grep -c "^dns tun" %1$s/calls) -gt 1 ] || { echo no bus; exit 1; }
                            """;
                    Files.writeString(tool, script.formatted(folder, gate));
                    Files.setPosixFilePermissions(
                            tool, PosixFilePermissions.fromString("rwx--x--x"));
                    var client =
                            sandbox.start(
                                    client().with("FIREZONE_DNS_CONTROL", "systemd-resolved")
                                            .with("PATH", folder + ":" + System.getenv("PATH")));
                    sandbox.until("called", () -> calls().stream().anyMatch(isSet()));

                    // the loop answers, and has set addresses and routes, while the tool hangs
                    assertThat(sandbox.exec(words(Spec.gatehouse("client", "status"))))
                            .contains("portal     connected", "resource");
                    assertThat(sandbox.exec("ip", "route", "show", "table", "all"))
                            .contains("100.100.111.0/24 dev tun-firezone");
                    assertThat(client.err()).doesNotContain("the client is up");
                    Files.createFile(gate);

                    client.awaitText("the client is up");
                    assertThat(client.err()).contains("no bus");
                    client.awaitText("systemd-resolved is set again");
                    client.terminate();
                    assertThat(client.await()).isZero();
                });
    }

    private static Predicate<String> isSet() {
        return call -> call.startsWith("dns tun-firezone ");
    }

    private List<String> calls() throws Exception {
        var file = folder.resolve("calls");
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    /// A file that cannot be ours ends the start where it was asked for, and is left alone, with a
    /// word, where it was not.
    @Test
    void aResolvConfThatCannotBeOursIsToldBeforeAnythingStarts() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    var target = sandbox.file("target", POD);
                    var link = Files.createSymbolicLink(folder.resolve("link"), target);
                    refuses(sandbox, link, "is a link to " + target);

                    sandbox.exec("mount", "-o", "remount,ro,bind", RESOLV_CONF.toString());
                    refuses(sandbox, RESOLV_CONF, "Read-only file system");
                    assertThat(Files.readString(target)).isEqualTo(POD);
                });
    }

    private static void refuses(Sandbox sandbox, Path file, String why) throws Exception {
        var spec = client("--check").with("GATEHOUSE_RESOLV_CONF", file.toString());
        var asked = sandbox.start(spec.with("FIREZONE_DNS_CONTROL", "etc-resolv-conf"));
        assertThat(asked.await()).as(asked.err()).isEqualTo(2);
        assertThat(asked.err().lines().filter(line -> !line.startsWith("WARNING: ")))
                .singleElement()
                .asString()
                .contains(file + " ", why, "or set disabled");

        var unasked = sandbox.start(spec.with("FIREZONE_DNS_CONTROL", ""));
        assertThat(unasked.await()).as(unasked.err()).isZero();
        assertThat(unasked.err()).contains("names of resources do not reach this client", why);
    }

    private static Spec client(String... arguments) {
        var words = new ArrayList<>(List.of("client"));
        words.addAll(List.of(arguments));
        return Spec.gatehouse(words.toArray(String[]::new))
                .with("FIREZONE_API_URL", "ws://127.0.0.1:8083")
                .with("FIREZONE_ID", "test")
                .with("FIREZONE_TOKEN", TOKEN);
    }

    private static String[] words(Spec spec) {
        return spec.command().toArray(String[]::new);
    }

    private static void startPortal(Sandbox sandbox) throws Exception {
        var file = sandbox.file("portal.yaml", PORTAL_FILE);
        sandbox.start(
                        Spec.gatehouse("portal", "--config=" + file)
                                .with("GATEHOUSE_PORTAL_DATA_DIR", "/run/portal-data"))
                .awaitText("portal ws on port 8083");
    }

    private static void startUpstream(Sandbox sandbox, String address, String host)
            throws Exception {
        Sandbox.require("dnsmasq", "dnsmasq-base");
        sandbox.exec("ip", "addr", "add", address + "/32", "dev", "lo");
        sandbox.start(
                        Spec.of(
                                "dnsmasq",
                                "--keep-in-foreground",
                                "--conf-file=/dev/null",
                                "--no-resolv",
                                "--no-hosts",
                                "--user=root",
                                "--pid-file=/run/" + address + ".pid",
                                "--listen-address=" + address,
                                "--bind-interfaces",
                                "--log-facility=-",
                                "--local=/cluster.local/",
                                "--address=/other/",
                                "--host-record=github.example," + host,
                                "--host-record=web.default.svc.cluster.local,10.96.1.1",
                                "--host-record=db.other.svc.cluster.local,10.96.1.2"))
                .awaitText("started");
    }

    /// The first address that an application is given.
    private static String address(Sandbox sandbox, String name) throws Exception {
        return sandbox.exec("getent", "ahostsv4", name).split("\\s+")[0];
    }

    private static boolean isOurs() throws Exception {
        return Files.readString(RESOLV_CONF).startsWith("# BEGIN Firezone DNS configuration");
    }

    private static boolean isProxy(String address) {
        return IpNetwork.parse("100.96.0.0/11").contains(IpAddress.parse(address));
    }
}
