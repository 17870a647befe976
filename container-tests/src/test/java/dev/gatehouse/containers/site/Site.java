package dev.gatehouse.containers.site;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.containers.engine.Box;
import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.containers.engine.Lab;
import dev.gatehouse.containers.engine.Scratch;
import dev.gatehouse.demo.PortalFile;
import dev.gatehouse.testkit.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.Network;

/// A small installation of the images: portal, relay, client and gateways on one network, a web
/// server on another that only the gateways are on.
public final class Site implements AutoCloseable {
    private static final PortalFile PORTAL = new PortalFile("test");
    public static final String WEB_V4 = "172.31.193.80";
    static final String WEB_V6 = "fd00:6a7e:2::80";
    static final String WEB_NAME = "web.site.example";
    static final int FILTERED_PORT = 8080;

    /// Where the client's own DNS server listens: the first of its range in an empty network.
    static final String DNS = "100.100.111.1";

    private static final String API_TOKEN = "not-a-secret";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final boolean ipv6;
    private final Scratch scratch;
    private final List<Runnable> closings = new ArrayList<>();
    private final Map<String, GatewayPair> gateways = new LinkedHashMap<>();
    private final Network wan;
    private final Network site;
    private Box portal;
    private Box relay;
    private Box client;
    private Box web;
    private Box user;
    private Box operator;

    /// @param ipv6 whether the two networks have IPv6
    public Site(boolean ipv6) throws IOException, InterruptedException {
        Engine.prepare();
        this.ipv6 = ipv6;
        scratch = Scratch.create();
        wan = network("172.31.192.0/24", "fd00:6a7e:1::/64");
        site = network("172.31.193.0/24", "fd00:6a7e:2::/64");
    }

    /// Starts all but the gateways; everything is in place when this returns.
    public Site start() throws IOException {
        Files.writeString(scratch.folder().resolve("portal.yaml"), portalFile());
        portal =
                open(
                        new Box(Engine.image("portal"))
                                .on(wan, "portal", "172.31.192.10")
                                .bind(scratch.folder().toString(), "/etc/gatehouse", false)
                                .withEnv("GATEHOUSE_PORTAL_API_TOKEN", API_TOKEN)
                                .withEnv("GATEHOUSE_PORTAL_API_LISTEN", "0.0.0.0:8084"));
        relay =
                open(
                        new Box(Engine.image("relay"))
                                .on(wan, "relay", "172.31.192.11")
                                .withEnv(peer("relay", "relay"))
                                .withEnv("PUBLIC_IP4_ADDR", "172.31.192.11")
                                .withEnv("GATEHOUSE_RELAY_ALLOW_PEER", "172.31.192.0/24"));
        user = open(withFamilies(Lab.box("sleep", "infinity")).on(wan, "client", "172.31.192.12"));
        client = open(admin("client").beside(user).withEnv(peer("client", "client")));
        web =
                open(
                        Lab.box("java", "-cp", "/lab", WebServer.class.getName(), "80", "8080")
                                .on(
                                        new Box.Attachment(
                                                site,
                                                List.of(WEB_NAME),
                                                WEB_V4,
                                                ipv6 ? WEB_V6 : null)));
        operator = open(Lab.box("sleep", "infinity").on(wan, "operator", "172.31.192.13"));
        Eventually.holds("the relay joins", Eventually.LONG, () -> connected("relays") == 1);
        Eventually.holds("the client joins", Eventually.LONG, () -> connected("clients") == 1);
        return this;
    }

    /// A container that makes a TUN device.
    public Box admin(String target) {
        return new Box(Engine.image(target)).netAdmin().tun(scratch.tun());
    }

    /// The engine sets `disable_ipv6` in every container (Docker 20.10); a TUN device inherits it.
    private Box withFamilies(Box box) {
        return box.sysctl("net.ipv6.conf.all.disable_ipv6", ipv6 ? "0" : "1");
    }

    private Box forwarding(Box box) {
        withFamilies(box).sysctl("net.ipv4.ip_forward", "1");
        return ipv6 ? box.sysctl("net.ipv6.conf.all.forwarding", "1") : box;
    }

    private Box onBoth(Box box, String name) {
        var host = 20 + gateways.size();
        return box.on(wan, name, "172.31.192." + host).on(site, name, "172.31.193." + host);
    }

    /// A gateway of two containers that share the folder of a socket and, as in a pod, a network
    /// that outlives either: what the kernel knows of masqueraded connections is kept there.
    GatewayPair addGateway() {
        var name = "gateway-" + (gateways.size() + 1);
        var volume = "gatehouse-test-" + name;
        closings.add(Engine.volume(volume));
        var pod = open(forwarding(onBoth(Lab.box("sleep", "infinity"), name)));
        var dataplane =
                open(admin("gateway-dataplane").beside(pod).bind(volume, "/run/gatehouse", true));
        var controlplane =
                open(
                        new Box(Engine.image("gateway-controlplane"))
                                .beside(pod)
                                .bind(volume, "/run/gatehouse", true)
                                .withEnv(peer("gateway", name)));
        return await(new GatewayPair(name, dataplane, controlplane));
    }

    /// A gateway of one container.
    public GatewayPair addSingleGateway() {
        var name = "gateway-" + (gateways.size() + 1);
        var box = open(forwarding(onBoth(admin("gateway"), name)).withEnv(peer("gateway", name)));
        return await(new GatewayPair(name, box, box));
    }

    /// A container that sees the processes of another one, as the same user.
    public Box observerOf(Box other) {
        return open(Lab.box("sleep", "infinity").amongProcessesOf(other));
    }

    private GatewayPair await(GatewayPair gateway) {
        gateways.put(gateway.name(), gateway);
        Eventually.holds(gateway.name() + " is ready", Eventually.LONG, () -> isReady(gateway));
        return gateway;
    }

    boolean isReady(GatewayPair gateway) {
        return ask("http://" + gateway.name() + ":8080/readyz").getExitCode() == 0;
    }

    /// A page of probes or metrics, as seen from the network of the portal.
    ExecResult ask(String url) {
        return operator.run(
                "busybox",
                "timeout",
                "5",
                "busybox",
                "wget",
                "-q",
                "-O",
                "-",
                "--header",
                "Authorization: Bearer " + API_TOKEN,
                url);
    }

    JsonNode api(String path) {
        var answer = ask("http://portal:8084/api/v1/" + path);
        try {
            return JSON.readTree(answer.getExitCode() == 0 ? answer.getStdout() : "{}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int connected(String role) {
        return api("connections").path(role).size();
    }

    /// A client that begins anew: one that goes on prefers the gateways that it knows.
    void restartClient() {
        client.kill();
        Eventually.holds("the portal knows", Eventually.LONG, () -> connected("clients") == 0);
        client.startAgain();
        Eventually.holds("the client joins", Eventually.LONG, () -> connected("clients") == 1);
    }

    /// The name of the gateway that the client has a tunnel to; empty without any.
    String gatewayOfClient() {
        var status = clientStatus();
        for (JsonNode one : api("connections").path("gateways")) {
            if (status.contains("tunnel     " + one.path("id").asText())) {
                return one.path("name").asText();
            }
        }
        return "";
    }

    /// What the web server answers the client's user within `seconds`; empty if it does not.
    public String get(String host, int seconds) {
        return user.run(
                        "busybox",
                        "timeout",
                        Integer.toString(seconds),
                        "busybox",
                        "wget",
                        "-q",
                        "-O",
                        "-",
                        "http://" + host + "/")
                .getStdout()
                .strip();
    }

    /// Runs a program beside the client, in its network.
    ExecResult asUser(String... command) {
        return user.run(command);
    }

    /// A download that is on its way when this returns.
    public CompletableFuture<Download.Outcome> download(long bytes, long bytesPerSecond) {
        long before = logged(WebServer.BEGAN);
        var running =
                CompletableFuture.supplyAsync(
                        () ->
                                user.run(
                                        "java",
                                        "-XX:TieredStopAtLevel=1",
                                        "-Xmx64m",
                                        "-cp",
                                        "/lab",
                                        Download.class.getName(),
                                        "http://%s/%d/%d"
                                                .formatted(WEB_V4, bytes, bytesPerSecond)));
        Eventually.holds(
                "the download begins",
                Duration.ofSeconds(60),
                () -> running.isDone() || logged(WebServer.BEGAN) > before);
        return running.orTimeout(120, TimeUnit.SECONDS)
                .thenApply(
                        result -> {
                            if (result.getExitCode() != 0) {
                                throw new AssertionError(result.getStderr());
                            }
                            return Download.Outcome.parse(result.getStdout());
                        });
    }

    /// Whether no body is left to send.
    boolean isIdle() {
        return logged(WebServer.BEGAN) == logged(WebServer.DONE);
    }

    private long logged(String line) {
        return web.getLogs().lines().filter(line::equals).count();
    }

    /// Ids of what the portal has granted and not taken back.
    List<String> authorizationIds() {
        var ids = new ArrayList<String>();
        api("authorizations").path("authorizations").forEach(n -> ids.add(n.path("id").asText()));
        return ids.stream().sorted().toList();
    }

    /// What the client says of itself.
    String clientStatus() {
        return client.run(
                        "/opt/gatehouse/jre/bin/java",
                        "@/opt/gatehouse/etc/tool.args",
                        "dev.gatehouse.launcher.Gatehouse",
                        "client",
                        "status")
                .getStdout();
    }

    Box portal() {
        return portal;
    }

    Box relay() {
        return relay;
    }

    Box client() {
        return client;
    }

    GatewayPair gateway(String name) {
        return gateways.get(name);
    }

    /// What all processes said, and what they hold and dropped: for whoever has to find out why a
    /// test failed.
    public String logs() {
        var text = new StringBuilder();
        for (var box : List.of(portal, relay, client)) {
            text.append(box.getDockerImageName()).append('\n').append(box.getLogs());
        }
        for (var gateway : gateways.values()) {
            text.append(gateway.logs());
            ask("http://" + gateway.name() + ":8081/metrics")
                    .getStdout()
                    .lines()
                    .filter(line -> line.contains("dropped") && !line.endsWith(" 0.0"))
                    .forEach(line -> text.append(line).append('\n'));
        }
        text.append(client.hasEnded() ? "" : clientStatus());
        text.append(api("authorizations")).append('\n');
        return text.toString();
    }

    private <T extends Box> T open(T box) {
        closings.add(box::stop);
        box.start();
        return box;
    }

    private Network network(String v4, String v6) {
        var network = Engine.network(true, ipv6 ? List.of(v4, v6) : List.of(v4));
        closings.add(network::close);
        return network;
    }

    /// A device node that the images' user may open.
    public String tunNode() {
        return scratch.tun();
    }

    private static Map<String, String> peer(String type, String name) {
        return Map.of(
                "FIREZONE_TOKEN",
                PORTAL.token(type),
                "FIREZONE_API_URL",
                "ws://portal:8083",
                "FIREZONE_NAME",
                name,
                "FIREZONE_ID",
                name);
    }

    private static String portalFile() {
        return PORTAL.text(
                """
                - name: Private net, IPv4
                  type: cidr
                  address: 172.31.193.0/24
                  sites: [HQ]
                  filters:
                    - {protocol: tcp, ports: [80]}
                    - {protocol: icmp}
                - name: Private net, IPv6
                  type: cidr
                  address: fd00:6a7e:2::/64
                  sites: [HQ]
                - name: Names
                  type: dns
                  address: "*.site.example"
                  sites: [HQ]
                """,
                "Private net, IPv4",
                "Private net, IPv6",
                "Names");
    }

    @Override
    public void close() throws IOException {
        closings.reversed().forEach(Runnable::run);
        scratch.close();
    }
}
