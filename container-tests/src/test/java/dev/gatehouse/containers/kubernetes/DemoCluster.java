package dev.gatehouse.containers.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.containers.kubernetes.EnginePod.EngineProcess;
import dev.gatehouse.testkit.kubelet.Pod;
import dev.gatehouse.testkit.kubelet.PodContainer;
import dev.gatehouse.testkit.kubelet.Rollout;
import dev.gatehouse.testkit.manifests.Manifests;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.testcontainers.containers.Container.ExecResult;

/// `overlays/demo` on one node: all its pods, in the engine, from `k8s/rendered`.
final class DemoCluster implements AutoCloseable {
    static final String WEB = "http://web.gatehouse-demo.svc.cluster.local:8080/";
    static final String PAGE = "You came through the gate.";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Manifests overlay = Manifests.of("demo");
    private final EngineRuntime runtime;
    private final Rollout gateways;
    private Pod portal;
    private Pod relay;
    private Pod web;
    private Pod client;

    DemoCluster() throws IOException, InterruptedException {
        runtime = new EngineRuntime();
        gateways =
                new Rollout(
                        runtime,
                        source("gatehouse-gateway"),
                        overlay.named(Deployment.class, "gatehouse-gateway"));
    }

    Pod.Source source(String workload) {
        return Pod.Source.of(overlay, workload);
    }

    Manifests overlay() {
        return overlay;
    }

    EngineRuntime runtime() {
        return runtime;
    }

    /// Starts all at once; waits for the client, whose application starts after it.
    DemoCluster start() {
        int replicas = overlay.named(Deployment.class, "gatehouse-gateway").getSpec().getReplicas();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var scaled = CompletableFuture.runAsync(() -> gateways.scaleUpTo(replicas), threads);
            var pods =
                    List.of("gatehouse-portal", "gatehouse-relay", "web", "gatehouse-client")
                            .stream()
                            .map(
                                    name ->
                                            CompletableFuture.supplyAsync(
                                                    () -> Pod.start(runtime, source(name)),
                                                    threads))
                            .toList();
            portal = pods.get(0).join();
            relay = pods.get(1).join();
            web = pods.get(2).join();
            client = pods.get(3).join();
            scaled.join();
        }
        return this;
    }

    boolean isUp() {
        return missing().isEmpty();
    }

    /// What is not as it should be when all is up.
    List<String> missing() {
        var missing = new ArrayList<String>();
        for (Pod pod : pods()) {
            for (var container : pod.containers()) {
                if (!container.isReady()) {
                    missing.add(
                            "%s/%s is %s, %d restarts"
                                    .formatted(
                                            pod,
                                            container.name(),
                                            container.isStarted() ? "not ready" : "not started",
                                            container.restarts()));
                }
            }
        }
        var status = client == null ? JSON.createObjectNode() : clientStatus();
        if (status.path("relays").isEmpty() || status.path("resources").size() != 1) {
            missing.add("the client says " + status);
        }
        return missing;
    }

    /// What the client tells on its status socket; empty while it does not answer.
    JsonNode clientStatus() {
        var socket = process(client, "gatehouse-client").proc("root/run/gatehouse/client/status");
        return json(runtime.node().said(socket));
    }

    private static JsonNode json(String text) {
        try {
            return text.startsWith("{") ? JSON.readTree(text) : JSON.createObjectNode();
        } catch (IOException _) {
            return JSON.createObjectNode();
        }
    }

    /// The gateway pod that the client has a tunnel to.
    Optional<Pod> gatewayInUse() {
        for (JsonNode tunnel : clientStatus().path("tunnels")) {
            if (tunnel.path("path").isTextual()) {
                var name = gatewaysAtPortal().get(tunnel.path("gateway").asText());
                return gateways.pods().stream().filter(p -> p.name().equals(name)).findFirst();
            }
        }
        return Optional.empty();
    }

    /// Names of all gateways that the portal has ever seen, by their id.
    Map<String, String> gatewaysAtPortal() {
        var names = new TreeMap<String, String>();
        for (JsonNode one : portalApi("gateways").path("gateways")) {
            names.put(one.path("id").asText(), one.path("name").asText());
        }
        return names;
    }

    /// Names of the gateways that are connected to the portal.
    List<String> connectedGateways() {
        var names = new ArrayList<String>();
        portalApi("connections").path("gateways").forEach(n -> names.add(n.path("name").asText()));
        return names;
    }

    /// As `kubectl port-forward` does: the API listens on the pod's loopback.
    private JsonNode portalApi(String path) {
        var process = process(portal, "portal");
        var token = runtime.node().file(process.proc("root/var/lib/gatehouse/portal/api-token"));
        var answer =
                runtime.node()
                        .run(
                                List.of(
                                        "nsenter",
                                        "--net=" + process.proc("ns/net"),
                                        "busybox",
                                        "timeout",
                                        "5",
                                        "busybox",
                                        "wget",
                                        "-q",
                                        "-O",
                                        "-",
                                        "--header",
                                        "Authorization: Bearer " + token.strip(),
                                        "http://127.0.0.1:8084/api/v1/" + path));
        return json(answer.getStdout());
    }

    /// The web page, as the application beside the client gets it.
    ExecResult page() {
        return application().exec("timeout", "10", "wget", "-q", "-O", "-", WEB);
    }

    /// Somebody in the application who wants the page again and again.
    Attempts attempts() {
        return application().attempts(WEB);
    }

    EngineProcess application() {
        return process(client, "application");
    }

    static EngineProcess process(Pod pod, String container) {
        return process(pod.container(container));
    }

    static EngineProcess process(PodContainer container) {
        return (EngineProcess) container.process();
    }

    static EnginePod sandbox(Pod pod) {
        return (EnginePod) pod.sandbox();
    }

    Rollout gateways() {
        return gateways;
    }

    Pod client() {
        return client;
    }

    Pod web() {
        return web;
    }

    List<Pod> podsOf(String workload) {
        return pods().stream().filter(pod -> pod.name().startsWith(workload + "-")).toList();
    }

    List<Pod> pods() {
        var all = new ArrayList<Pod>();
        Stream.of(portal, relay, web, client).filter(Objects::nonNull).forEach(all::add);
        all.addAll(gateways.pods());
        return all;
    }

    /// What is missing, and the last lines of every container, for whoever has to find out.
    String logs() {
        var text = new StringBuilder();
        missing().forEach(line -> text.append(line).append('\n'));
        for (Pod pod : pods()) {
            for (var container : pod.containers()) {
                var lines = container.log().lines().toList();
                text.append("--- %s/%s%n".formatted(pod, container.name()));
                lines.stream()
                        .skip(Math.max(0, lines.size() - 15))
                        .forEach(line -> text.append(line).append('\n'));
            }
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            pods().forEach(pod -> threads.execute(pod::abandon));
        }
        runtime.close();
    }
}
