package dev.gatehouse.portal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.portal.hub.admission.PlaceLimits;
import dev.gatehouse.portal.listener.RemotePeer;
import dev.gatehouse.portal.token.PeerSecrets;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.wire.Endpoint;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;

/// A real portal on loopback with one site, one actor and three resources.
public final class TestPortal implements AutoCloseable {
    static final String GATEWAY_TOKEN = ".gw.gateway-secret";
    static final String RELAY_TOKEN = ".rl.relay-secret";
    static final String CLIENT_TOKEN = ".cl.client-secret";
    static final String API_TOKEN = "api-secret";
    private static final ObjectMapper JSON = new ObjectMapper();

    final Path directory;
    private final PortalProcess process;

    private TestPortal(Path directory, MonotonicClock clock) throws Exception {
        this.directory = directory;
        this.process =
                PortalProcess.start(
                        new PortalConfig(
                                directory.resolve("portal.yaml"),
                                directory.resolve("data"),
                                Endpoint.parse("127.0.0.1:0"),
                                Endpoint.parse("127.0.0.1:0"),
                                Optional.empty(),
                                RemotePeer.Proxies.NONE,
                                PlaceLimits.DEFAULT,
                                Optional.of(API_TOKEN)),
                        new SecureRandom(),
                        clock);
    }

    static TestPortal start(Path directory) throws Exception {
        return start(directory, yaml(), new MonotonicClock());
    }

    static TestPortal start(Path directory, String yaml, MonotonicClock clock) throws Exception {
        Files.writeString(directory.resolve("portal.yaml"), yaml);
        return new TestPortal(directory, clock);
    }

    /// A second portal on what the first one left.
    static TestPortal restart(Path directory) throws Exception {
        return new TestPortal(directory, new MonotonicClock());
    }

    public static String yaml() {
        return """
        account: {slug: acme, upstream_dns: ["9.9.9.9"], search_domain: corp.example}
        sites:
          - name: HQ
        actors:
          - name: alice
        groups:
          - name: everyone
            members: [alice]
        tokens:
          - {id: gw, type: gateway, site: HQ, hash: "%s"}
          - {id: rl, type: relay, hash: "%s"}
          - {id: cl, type: client, actor: alice, hash: "%s"}
        resources:
          - {name: v4, type: cidr, address: 172.20.0.0/24, sites: [HQ]}
          - {name: v6, type: cidr, address: "fd20::/64", sites: [HQ]}
          - name: names
            type: dns
            address: "*.lab.example"
            sites: [HQ]
            filters: [{protocol: tcp, ports: [80]}]
        policies:
          - {group: everyone, resource: v4}
          - {group: everyone, resource: v6}
          - {group: everyone, resource: names}
        """
                .formatted(
                        PeerSecrets.tokenHash(GATEWAY_TOKEN),
                        PeerSecrets.tokenHash(RELAY_TOKEN),
                        PeerSecrets.tokenHash(CLIENT_TOKEN));
    }

    static String resourceId(String name) {
        return PeerSecrets.namedId("resource", name);
    }

    void rewrite(String yaml) throws Exception {
        Files.writeString(directory.resolve("portal.yaml"), yaml);
    }

    int port() {
        return process.publicPort();
    }

    JsonNode api(String method, String path) throws Exception {
        return JSON.readTree(request(process.apiPort(), method, path, API_TOKEN).body());
    }

    int apiStatus(String method, String path, String token) throws Exception {
        return request(process.apiPort(), method, path, token).statusCode();
    }

    java.net.http.HttpResponse<String> get(String path) throws Exception {
        return request(process.publicPort(), "GET", path, "");
    }

    private static java.net.http.HttpResponse<String> request(
            int port, String method, String path, String token) throws Exception {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .header("Authorization", "Bearer " + token)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build();
        try (var http = HttpClient.newHttpClient()) {
            return http.send(request, BodyHandlers.ofString());
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
