package dev.gatehouse.systemtests.packets;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import dev.gatehouse.systemtests.site.SmallSite;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Applications that try no address but the first have to reach services of one family, from hosts
/// of one family: the first run of whoever tries a name with `wget` of busybox.
@Tag("netns")
class FamiliesIT {
    private static final String NAMESERVER = "10.77.0.53";
    private static final String SENTINEL = "100.100.111.1";
    private static final String FOUR = "four.corp.example";
    private static final String SIX = "six.corp.example";
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

    @TempDir private Path folder;

    @Test
    void theFirstAddressOfANameWorksWhateverFamilyServiceAndHostHave() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    startSite(sandbox);
                    var client = startClient(sandbox);
                    sandbox.until("the site tells", () -> dig(sandbox, "AAAA", FOUR).isEmpty());

                    assertThat(fetchFromFirst(sandbox, FOUR)).startsWith("100.96.");
                    assertThat(fetchFromFirst(sandbox, SIX)).startsWith("fd00:2021:1111:8000:");
                    assertThat(dig(sandbox, "AAAA", SIX).lines()).hasSize(4);

                    client.terminate();
                    assertThat(client.await()).isZero();
                    for (String scope : List.of("all", "default")) {
                        in(sandbox, "sysctl", "-qw", "net.ipv6.conf." + scope + ".disable_ipv6=1");
                    }
                    startClient(sandbox);

                    assertThat(dig(sandbox, "AAAA", SIX)).isEmpty();
                    assertThat(fetchFromFirst(sandbox, FOUR)).startsWith("100.96.");
                });
    }

    private static void startSite(Sandbox sandbox) throws Exception {
        Sandbox.require("dnsmasq", "dnsmasq-base");
        Sandbox.require("dig", "bind9-dnsutils");
        Sandbox.require("curl", "curl");
        SmallSite.build(sandbox);
        var file = sandbox.folder().resolve("portal.yaml");
        var names =
                Files.readString(file)
                        .replace(
                                "resources:\n",
                                "resources:\n  - {name: Families, type: dns,"
                                        + " address: \"*.corp.example\", sites: [HQ]}\n")
                        .replace(
                                "policies:\n",
                                "policies:\n  - {group: Staff, resource: Families}\n");
        Files.writeString(file, names);
        Files.writeString(RESOLV_CONF, "nameserver " + NAMESERVER + "\n");
        sandbox.file("asks-us.conf", "nameserver " + SENTINEL + "\n");
        sandbox.exec("ip", "-n", "resource", "addr", "add", NAMESERVER + "/24", "dev", "eth0");
        startServices(sandbox);
        SmallSite.startPortal(sandbox);
        sandbox.start(SmallSite.peer("relay").with("PUBLIC_IP4_ADDR", SmallSite.PORTAL));
        sandbox.start(SmallSite.in("gateway", SmallSite.peer("gateway")))
                .awaitText("joined the portal");
    }

    private static void startServices(Sandbox sandbox) throws Exception {
        sandbox.start(
                        SmallSite.in(
                                "resource",
                                Spec.of(
                                        "dnsmasq",
                                        "--keep-in-foreground",
                                        "--conf-file=/dev/null",
                                        "--no-resolv",
                                        "--no-hosts",
                                        "--user=root",
                                        "--pid-file=/run/names.pid",
                                        "--listen-address=" + NAMESERVER,
                                        "--bind-interfaces",
                                        "--log-facility=-",
                                        "--local=/corp.example/",
                                        "--host-record=%s,10.77.0.10".formatted(FOUR),
                                        "--host-record=%s,fd77::10".formatted(SIX))))
                .awaitText("started");
        var page = Files.createDirectories(sandbox.folder().resolve("www"));
        Files.writeString(page.resolve("index.html"), "hello\n");
        for (String address : List.of("10.77.0.10", "fd77::10")) {
            serve(sandbox, address, page);
        }
    }

    private static void serve(Sandbox sandbox, String address, Path page) throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var server =
                Spec.of(
                        java,
                        "-m",
                        "jdk.httpserver",
                        "-b",
                        address,
                        "-p",
                        "80",
                        "-d",
                        page.toString());
        sandbox.start(SmallSite.in("resource", server)).awaitText("port 80");
    }

    private static Program startClient(Sandbox sandbox) throws Exception {
        return sandbox.start(SmallSite.in("client", SmallSite.peer("client")))
                .awaitText("the client is up");
    }

    /// The address, once a page came from it at the first attempt.
    private static String fetchFromFirst(Sandbox sandbox, String name) throws Exception {
        var address = asking(sandbox, "getent", "ahosts", name).split("\\s")[0];
        var host = address.indexOf(':') < 0 ? address : "[" + address + "]";
        assertThat(in(sandbox, "curl", "-sS", "--max-time", "30", "http://" + host + "/"))
                .isEqualTo("hello\n");
        return address;
    }

    private static String dig(Sandbox sandbox, String type, String name) throws Exception {
        return in(sandbox, "dig", "@" + SENTINEL, "+short", type, name);
    }

    /// Runs a program whose resolver asks the client.
    private static String asking(Sandbox sandbox, String... command) throws Exception {
        var script = "mount --bind '%s/asks-us.conf' %s; %s";
        var text = script.formatted(sandbox.folder(), RESOLV_CONF, String.join(" ", command));
        return in(sandbox, "unshare", "-m", "sh", "-ec", text);
    }

    private static String in(Sandbox sandbox, String... command) throws Exception {
        var spec = SmallSite.in("client", Spec.of(command));
        return sandbox.exec(spec.command().toArray(String[]::new));
    }
}
