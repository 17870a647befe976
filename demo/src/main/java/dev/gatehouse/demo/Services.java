package dev.gatehouse.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// The real processes of the demo, on the machines of a [Lab].
public final class Services implements AutoCloseable {
    private static final PortalFile PORTAL = new PortalFile("demo");
    /// A name inside the wildcard DNS resource.
    public static final String WEB_NAME = "web.corp.example";

    /// A port where the web server listens and that no policy allows.
    public static final int FILTERED_PORT = 8080;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final String API_TOKEN = "demo-api-token";
    private static final String PORTAL_URL = "ws://" + Lab.PORTAL + ":8083";

    /// Where the client's traffic goes.
    ///
    /// @param gateway name of the gateway
    /// @param kind host, srflx or relay
    /// @param addresses of both ends
    public record PathSeen(String gateway, String kind, String addresses) {
        boolean isRelayed() {
            return kind.contains("relay");
        }
    }

    /// A gateway's supervisor and its two children.
    public static final class Gateway {
        private final Host host;
        private Program program;

        private Gateway(Host host) {
            this.host = host;
        }

        public String name() {
            return host.name();
        }

        /// The process id of the child `dataplane` or `controlplane`; 0 while there is none.
        public long pid(String process) {
            return program.child(process).map(ProcessHandle::pid).orElse(0L);
        }

        public void signal(String signal) {
            program.signal(signal);
        }
    }

    private final Lab lab;
    private final Consumer<String> say;
    private final Optional<Path> recording;
    private final Set<String> recorded = new HashSet<>();
    private final PortalApi api;
    private final Map<String, Gateway> gateways = new LinkedHashMap<>();
    private final List<Program> programs = new ArrayList<>();
    private Program client;

    public Services(Lab lab, Consumer<String> say) {
        this(lab, say, Optional.empty());
    }

    /// @param recording folder where the first process of each kind leaves what its next start
    ///     needs, see [Training]
    Services(Lab lab, Consumer<String> say, Optional<Path> recording) {
        this.lab = lab;
        this.say = say;
        this.recording = recording;
        this.api = new PortalApi(lab.portal(), API_TOKEN);
        lab.gateways().forEach(host -> gateways.put(host.name(), new Gateway(host)));
    }

    public PortalApi api() {
        return api;
    }

    /// Starts everything; waits only for the portal, so that nobody has to call it twice.
    public void startAll() {
        startNetworkServers();
        var file = lab.write("portal.yaml", portalFile());
        var environment = Map.of("GATEHOUSE_PORTAL_API_TOKEN", API_TOKEN);
        var data = lab.portal().libFolder().resolve("portal").toString();
        programs.add(
                start(
                        lab.portal(),
                        "portal",
                        environment,
                        "--config",
                        file.toString(),
                        "--data-dir",
                        data));
        Wait.until("the portal is up", START_LIMIT, () -> isReady(lab.portal(), 8083));
        say.accept("the portal is up");
        for (Host relay : lab.relays()) {
            programs.add(start(relay, "relay", relayEnvironment(relay)));
        }
        startGatewaysAndClient();
    }

    private void startNetworkServers() {
        programs.add(
                lab.web()
                        .start(
                                "web",
                                Map.of(),
                                with(
                                        Enclosure.java(ResourceServer.class.getName()),
                                        "80",
                                        Integer.toString(FILTERED_PORT))));
        programs.add(nameServer(lab.dns(), WEB_NAME, Lab.WEB_V4, Lab.WEB_V6));
        programs.add(nameServer(lab.portal(), "portal.example", Lab.PORTAL, "fd99::2"));
        lab.client().resolver("nameserver " + Lab.PORTAL);
    }

    /// A DNS server that knows one name: of the private network, or of the internet.
    private static Program nameServer(Host host, String name, String v4, String v6) {
        return host.start(
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
                        "--host-record=%s,%s,%s".formatted(name, v4, v6)));
    }

    public void startGatewaysAndClient() {
        for (Gateway gateway : gateways.values()) {
            gateway.program =
                    start(
                            gateway.host,
                            "gateway",
                            Map.of(
                                    "FIREZONE_TOKEN",
                                    PORTAL.token("gateway"),
                                    "FIREZONE_API_URL",
                                    PORTAL_URL,
                                    "FIREZONE_NAME",
                                    gateway.name(),
                                    "FIREZONE_ID",
                                    gateway.name()));
            programs.add(gateway.program);
        }
        client =
                start(
                        lab.client(),
                        "client",
                        Map.of(
                                "FIREZONE_TOKEN",
                                PORTAL.token("client"),
                                "FIREZONE_API_URL",
                                PORTAL_URL,
                                "FIREZONE_NAME",
                                "client",
                                "FIREZONE_ID",
                                "client",
                                "FIREZONE_DNS_CONTROL",
                                "etc-resolv-conf"));
        programs.add(client);
    }

    public void stopGatewaysAndClient() {
        client.close();
        gateways.values().forEach(gateway -> gateway.program.close());
        programs.removeIf(program -> !program.isAlive());
    }

    private static Map<String, String> relayEnvironment(Host relay) {
        int number = relay.name().endsWith("1") ? 3 : 4;
        return Map.of(
                "FIREZONE_TOKEN",
                PORTAL.token("relay"),
                "FIREZONE_API_URL",
                PORTAL_URL,
                "FIREZONE_NAME",
                relay.name(),
                "PUBLIC_IP4_ADDR",
                "10.99.0." + number,
                "PUBLIC_IP6_ADDR",
                "fd99::" + number,
                "GATEHOUSE_RELAY_ALLOW_PEER",
                "10.99.0.0/24,fd99::/64");
    }

    /// Starts a process by the very command that a person types.
    private Program start(
            Host host, String word, Map<String, String> environment, String... arguments) {
        var command = with(List.of(Enclosure.root().resolve("run").toString()), word);
        command.addAll(List.of(arguments));
        var all = new HashMap<>(environment);
        all.put("GATEHOUSE_BUILT", "1");
        all.put("GATEHOUSE_JAVA_OPTIONS", Enclosure.OWN_TEMPORARY_FILES);
        recording
                .filter(_ -> recorded.add(word))
                .ifPresent(folder -> all.put("GATEHOUSE_AOT_RECORD", folder.toString()));
        return host.start(word, all, command);
    }

    private static List<String> with(List<String> command, String... more) {
        var all = new ArrayList<>(command);
        all.addAll(List.of(more));
        return all;
    }

    private static String portalFile() {
        return PORTAL.text(
                """
                - name: Private net, IPv4
                  type: cidr
                  address: 10.77.0.0/24
                  sites: [HQ]
                  filters:
                    - {protocol: tcp, ports: [80]}
                    - {protocol: tcp, ports: [5201]}
                    - {protocol: udp, ports: [5201]}
                    - {protocol: icmp}
                - name: Private net, IPv6
                  type: cidr
                  address: fd77::/64
                  sites: [HQ]
                  filters:
                    - {protocol: tcp, ports: [80]}
                    - {protocol: tcp, ports: [5201]}
                    - {protocol: icmp}
                - name: Corporate names
                  type: dns
                  address: "*.corp.example"
                  sites: [HQ]
                """,
                "Private net, IPv4",
                "Private net, IPv6",
                "Corporate names");
    }

    /// Whether all peers are joined and gateways and client have what they need from the relays.
    public boolean isEverythingJoined() {
        return api.connected("relays").size() == 2
                && api.connected("gateways").size() == 2
                && api.connected("clients").size() == 1
                && gateways.values().stream().allMatch(this::isJoined)
                && !status().path("resources").isEmpty()
                && !status().path("relays").isEmpty();
    }

    /// Whether a gateway says that it is ready.
    public boolean isJoined(Gateway gateway) {
        return isReady(gateway.host, 8080);
    }

    private static boolean isReady(Host host, int port) {
        return host.attempt("curl", "-sf", "-m", "1", "http://127.0.0.1:" + port + "/readyz")
                .isOk();
    }

    /// What the running client tells on its status socket; empty while it does not answer.
    private JsonNode status() {
        var socket = lab.client().runFolder().resolve("gatehouse-client").resolve("status");
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return JSON.readTree(Channels.newInputStream(channel).readAllBytes());
        } catch (IOException _) {
            return JSON.createObjectNode();
        }
    }

    /// The path to the gateway in use; empty without any connection.
    public Optional<PathSeen> maybePath() {
        for (JsonNode tunnel : status().path("tunnels")) {
            var path = tunnel.path("path");
            if (path.isTextual()) {
                var name = gatewayName(tunnel.path("gateway").asText());
                return Optional.of(
                        new PathSeen(
                                name,
                                path.asText(),
                                tunnel.path("local").asText()
                                        + " to "
                                        + tunnel.path("remote").asText()));
            }
        }
        return Optional.empty();
    }

    public PathSeen path() {
        return maybePath().orElseThrow(() -> new IllegalStateException("no connection"));
    }

    private String gatewayName(String id) {
        for (JsonNode node : api.get("gateways").path("gateways")) {
            if (node.path("id").asText().equals(id)) {
                return node.path("name").asText();
            }
        }
        return id;
    }

    public Gateway gatewayInUse() {
        return gateways.get(path().gateway());
    }

    boolean isFirst(Gateway gateway) {
        return gateway == gateways.values().iterator().next();
    }

    /// Takes the client's authorizations back, once: its next packet starts from nothing.
    public void disconnect() {
        api.revokeAll(false);
        Wait.until("the connection is closed", Duration.ofSeconds(5), () -> maybePath().isEmpty());
    }

    public void block() {
        api.revokeAll(true);
    }

    public void unblock() {
        api.unblock();
    }

    /// Authorizations that the portal has granted since its start, by its audit file.
    public long authorizationsSoFar() {
        var file = lab.portal().libFolder().resolve("portal").resolve("audit.jsonl");
        try (var lines = Files.lines(file)) {
            return lines.filter(
                            line ->
                                    line.contains("ACCESS_GRANTED")
                                            || line.contains("access_granted"))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Lets traffic flow for a while.
    public void pause(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    /// The last lines of every log, for whoever has to find out.
    public List<String> tails() {
        var lines = new ArrayList<String>();
        for (Program program : programs) {
            var text = program.logText().lines().toList();
            lines.add("--- " + program.log());
            lines.addAll(text.subList(Math.max(0, text.size() - 15), text.size()));
        }
        return lines;
    }

    public Path portalData() {
        return lab.portal().libFolder().resolve("portal");
    }

    @Override
    public void close() {
        programs.reversed().forEach(Program::close);
        say.accept("all processes ended");
    }
}
