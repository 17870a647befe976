package dev.gatehouse.benchmarks.tunnel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.demo.Enclosure;
import dev.gatehouse.demo.Host;
import dev.gatehouse.demo.PortalFile;
import dev.gatehouse.demo.Program;
import dev.gatehouse.demo.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// Our whole system: portal, relay, gateway and two clients, all real processes that run from the
/// first round to the last. One client reaches the gateway directly; the other one's router drops
/// what goes straight to it, so that only the relay is left.
final class GatehouseSystem implements AutoCloseable {
    private static final PortalFile PORTAL = new PortalFile("bench");
    private static final Duration START_LIMIT = Duration.ofSeconds(120);
    private static final String PORTAL_URL = "ws://" + BenchLab.PORTAL + ":8083";
    private static final int PORT = 5201;
    private static final String API_TOKEN = "benchmark-api-token";
    private static final String API = "http://127.0.0.1:8084/api/v1/";
    private static final String DNS_NAME = "iperf.corp.example";
    private static final String FILTERS =
            "[{protocol: tcp, ports: [5201]}, {protocol: udp, ports: [5202]}, {protocol: icmp}]";
    private static final String JVM_OPTIONS =
            Objects.requireNonNullElse(System.getenv("GATEHOUSE_JAVA_OPTIONS"), "");
    private static final ObjectMapper JSON = new ObjectMapper();

    /// One client's way through the gateway.
    private final class Way implements Tunnel {
        private final String name;
        private final Host client;
        private final Program program;

        Way(String name, Host client) {
            this.name = name;
            this.client = client;
            client.resolver("nameserver " + BenchLab.PORTAL);
            program =
                    start(
                            client,
                            "client",
                            peer(
                                    "client",
                                    client.name(),
                                    "FIREZONE_DNS_CONTROL",
                                    "etc-resolv-conf"));
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Host client() {
            return client;
        }

        @Override
        public Host gateway() {
            return gateway;
        }

        @Override
        public Optional<String> targetByName() {
            var found =
                    Wait.untilPresent(
                            "the name has an address",
                            START_LIMIT,
                            () -> {
                                var answer = client.attempt("getent", "ahostsv4", DNS_NAME).out();
                                return answer.lines().findFirst();
                            });
            return Optional.of(found.value().split(" ")[0]);
        }

        @Override
        public List<Long> processIds() {
            var pids = new ArrayList<>(List.of(program.pid(), dataplane()));
            if (this == relayed) {
                pids.add(relay.pid());
            }
            return List.copyOf(pids);
        }

        @Override
        public void close() {} // the system's processes stay for the next round

        private JsonNode status() {
            var socket = client.runFolder().resolve("gatehouse-client").resolve("status");
            try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                return JSON.readTree(Channels.newInputStream(channel).readAllBytes());
            } catch (IOException _) {
                return JSON.createObjectNode();
            }
        }

        /// Waits until packets flow over the kind of path that this client is for.
        void awaitPath(boolean overRelay) {
            Wait.until(
                    name + ": a packet reaches the resource",
                    START_LIMIT,
                    () -> client.attempt("ping", "-c1", "-W1", BenchLab.RESOURCE_V4).isOk());
            Wait.until(
                    name + ": the path is settled: " + status().path("tunnels"),
                    START_LIMIT,
                    () -> pathKind().contains("relay") == overRelay);
        }

        private String pathKind() {
            return status().path("tunnels").path(0).path("path").asText("relay or none");
        }
    }

    private final Host portalHost;
    private final Host gateway;
    private final Program portal;
    private final Program relay;
    private final Program supervisor;
    private final Program names;
    private final Way direct;
    private final Way relayed;

    GatehouseSystem(BenchLab lab) {
        gateway = lab.gatehouseGateway;
        gateway.resolver("nameserver " + BenchLab.RESOURCE_V4);
        names =
                lab.resource.start(
                        "dnsmasq",
                        Map.of(),
                        List.of(
                                "dnsmasq",
                                "--keep-in-foreground",
                                "--conf-file=/dev/null",
                                "--no-resolv",
                                "--no-hosts",
                                "--user=root",
                                "--pid-file=",
                                "--host-record=" + DNS_NAME + "," + BenchLab.RESOURCE_V4));
        portalHost = lab.portal;
        portal = startPortal(lab.portal);
        relay =
                start(
                        lab.relay,
                        "relay",
                        peer(
                                "relay",
                                "relay-1",
                                "PUBLIC_IP4_ADDR",
                                BenchLab.RELAY,
                                "GATEHOUSE_RELAY_ALLOW_PEER",
                                "10.99.0.0/24"));
        supervisor = start(gateway, "gateway", peer("gateway", gateway.name()));
        direct = new Way("gatehouse", lab.directClient);
        blockDirectPath(lab.relayedClient, gateway);
        relayed = new Way("relayed", lab.relayedClient);
        try {
            direct.awaitPath(false);
            relayed.awaitPath(true);
        } catch (IllegalStateException e) {
            throw new IllegalStateException(e.getMessage() + logs(), e);
        }
    }

    private String logs() {
        var text = new StringBuilder();
        for (var program : List.of(portal, relay, supervisor, direct.program, relayed.program)) {
            text.append("\n--- ").append(program.label()).append('\n').append(program.logText());
        }
        return text.toString();
    }

    private static Program startPortal(Host host) {
        var file = host.libFolder().resolve("portal.yaml");
        BenchLab.write(file, portalFile());
        var command = new ArrayList<>(List.of("portal", "--config", "/var/lib/portal.yaml"));
        command.addAll(List.of("--data-dir", "/var/lib/portal"));
        var program = start(host, command, Map.of("GATEHOUSE_PORTAL_API_TOKEN", API_TOKEN));
        Wait.until(
                "the portal is up",
                START_LIMIT,
                () -> {
                    if (!program.isAlive()) {
                        throw new IllegalStateException("portal: " + program.logText());
                    }
                    return host.attempt("curl", "-sf", "http://127.0.0.1:8083/readyz").isOk();
                });
        return program;
    }

    /// Datagrams straight between these two are lost on arrival, as behind two routers that both
    /// translate symmetrically; what goes through the relay has the relay's address.
    private static void blockDirectPath(Host client, Host gateway) {
        dropFrom(client, BenchLab.GATEHOUSE_GATEWAY, BenchLab.GATEHOUSE_GATEWAY_V6);
        dropFrom(gateway, BenchLab.RELAYED_CLIENT, BenchLab.RELAYED_CLIENT_V6);
    }

    private static void dropFrom(Host host, String v4, String v6) {
        host.nft(
                """
                table inet bench {
                    chain in {
                        type filter hook prerouting priority raw
                        ip saddr %s udp dport != 0 drop
                        ip6 saddr %s udp dport != 0 drop
                    }
                }
                """
                        .formatted(v4, v6));
    }

    /// The environment of a process that joins the portal.
    static Map<String, String> peer(String type, String name, String... more) {
        var environment = new TreeMap<String, String>();
        environment.put("FIREZONE_TOKEN", PORTAL.token(type));
        environment.put("FIREZONE_API_URL", PORTAL_URL);
        environment.put("FIREZONE_NAME", name);
        if (!type.equals("relay")) {
            environment.put("FIREZONE_ID", name);
        }
        for (int i = 0; i + 1 < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return environment;
    }

    private static Program start(Host host, String word, Map<String, String> environment) {
        return start(host, List.of(word), environment);
    }

    /// By the very command that a person types. Options of the JVM in the environment of the
    /// benchmark reach it, for profiles.
    static Program start(Host host, List<String> arguments, Map<String, String> environment) {
        var run = Path.of(System.getenv("GATEHOUSE_ROOT"), "run").toString();
        var command = new ArrayList<>(List.of(run));
        command.addAll(arguments);
        var all = new TreeMap<>(environment);
        all.put("GATEHOUSE_BUILT", "1");
        all.put(
                "GATEHOUSE_JAVA_OPTIONS",
                "-Djava.io.tmpdir=" + Enclosure.folder() + " " + JVM_OPTIONS);
        return host.start(arguments.getFirst(), all, command);
    }

    /// Who may use what.
    static String portalFile() {
        return PORTAL.text(
                """
                - name: IPv4
                  type: cidr
                  address: 10.77.0.0/24
                  sites: [HQ]
                  filters: %s
                - name: IPv6
                  type: cidr
                  address: fd77::/64
                  sites: [HQ]
                  filters: %s
                - name: Names
                  type: dns
                  address: "*.corp.example"
                  sites: [HQ]
                """
                        .formatted(FILTERS, FILTERS),
                "IPv4",
                "IPv6",
                "Names");
    }

    Tunnel direct() {
        return direct;
    }

    Tunnel relayed() {
        return relayed;
    }

    /// A web server on the one port that the policy allows.
    Program startWebServer(Host host) {
        var command = new ArrayList<>(Enclosure.java("dev.gatehouse.demo.ResourceServer"));
        command.add(Integer.toString(PORT));
        var program = host.start("web", Map.of(), command);
        Wait.until("the web server", START_LIMIT, () -> program.logText().contains("serving"));
        return program;
    }

    /// Takes the direct client's access back once, and waits for the end of its connection.
    void disconnect() {
        var listed = api("GET", "authorizations").path("authorizations");
        listed.forEach(
                node -> api("POST", "authorizations/" + node.path("id").asText() + "/revoke"));
        Wait.until(
                "the connection is closed",
                START_LIMIT,
                () -> direct.status().path("tunnels").isEmpty());
    }

    private JsonNode api(String method, String path) {
        var result =
                portalHost.attempt(
                        "curl",
                        "-s",
                        "-X",
                        method,
                        "-H",
                        "Authorization: Bearer " + API_TOKEN,
                        API + path);
        try {
            return JSON.readTree(result.out());
        } catch (IOException e) {
            throw new UncheckedIOException(result.err(), e);
        }
    }

    /// Milliseconds from the first packet of the direct client to the first byte of an answer.
    double firstByteMs() {
        var command =
                List.of(
                        "curl",
                        "-s",
                        "-m",
                        "10",
                        "-o",
                        "/dev/null",
                        "-w",
                        "%{time_starttransfer}",
                        "http://" + BenchLab.RESOURCE_V4 + ":" + PORT + "/");
        var result = BenchLab.attempt(direct.client, command);
        if (!result.isOk()) {
            throw new IllegalStateException("no answer: " + result.err() + logs());
        }
        return Double.parseDouble(result.out()) * 1e3;
    }

    private long dataplane() {
        return supervisor.child("dataplane").orElseThrow().pid();
    }

    @Override
    public void close() {
        relayed.program.close();
        direct.program.close();
        supervisor.close();
        relay.close();
        portal.close();
        names.close();
    }
}
