package dev.gatehouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.launcher.Gatehouse;
import dev.gatehouse.manifests.sources.Images;
import dev.gatehouse.manifests.sources.Processes;
import dev.gatehouse.testkit.manifests.Checkout;
import dev.gatehouse.testkit.manifests.Manifests;
import dev.gatehouse.testkit.manifests.Manifests.Workload;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What containers name exists: in the process of the image, in the pod, in the overlay.
class ReferenceTest {
    private static final Pattern VARIABLE = Pattern.compile("`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`");
    private static final Pattern REFERENCE = Pattern.compile("\\$\\((\\w+)\\)");

    /// Made by the operator, as k8s/README.md says: a token is not for a repository.
    private static final Set<String> SECRETS_BY_HAND =
            Set.of("gatehouse-gateway", "gatehouse-relay");

    /// A container of ours and where it is.
    record Place(Manifests overlay, Workload workload, Container container, Images.Image image) {
        @Override
        public String toString() {
            return overlay + ": " + workload.name() + "/" + container.getName();
        }

        /// The container's variables as the kubelet would set them, references to the pod left out.
        Map<String, String> environment() {
            var environment = new LinkedHashMap<>(image.environment());
            container.getEnvFrom().stream()
                    .map(from -> configMap(from.getConfigMapRef().getName()))
                    .forEach(map -> environment.putAll(map.getData()));
            container.getEnv().forEach(one -> environment.put(one.getName(), one.getValue()));
            return environment;
        }

        private ConfigMap configMap(String name) {
            return overlay.all(ConfigMap.class).stream()
                    .filter(map -> map.getMetadata().getName().equals(name))
                    .filter(map -> map.getMetadata().getNamespace().equals(workload.namespace()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(this + ": no ConfigMap " + name));
        }
    }

    static Stream<Place> ours() {
        return Manifests.all()
                .flatMap(
                        overlay ->
                                overlay.workloads().stream()
                                        .flatMap(workload -> places(overlay, workload)));
    }

    private static Stream<Place> places(Manifests overlay, Workload workload) {
        return workload.containers().stream()
                .flatMap(
                        container ->
                                Images.of(container).stream()
                                        .map(i -> new Place(overlay, workload, container, i)));
    }

    static Stream<Manifests> overlays() {
        return Manifests.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ours")
    void imagesAreWhatTheDockerfileMakes(Place place) {
        assertThat(place.container().getImage())
                .isEqualTo(Images.REPOSITORY + place.image().target() + ":" + Images.version());
        assertThat(Processes.variables(place.image().process())).isNotEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ours")
    void variablesAreRead(Place place) {
        var known = Processes.variables(place.image().process()).keySet();
        var set = new TreeSet<>(place.environment().keySet());
        set.removeAll(place.image().environment().keySet());
        set.removeAll(referenced(place.container()));

        assertThat(known).containsAll(set);
    }

    /// Of two entries with one name the API server keeps either, and server-side apply
    /// refuses both.
    @ParameterizedTest(name = "{0}")
    @MethodSource("ours")
    void variablesAreSetOnce(Place place) {
        assertThat(place.container().getEnv().stream().map(EnvVar::getName))
                .doesNotHaveDuplicates();
    }

    private static Set<String> referenced(Container container) {
        var names = new TreeSet<String>();
        container.getEnv().stream()
                .map(EnvVar::getValue)
                .filter(Objects::nonNull)
                .flatMap(value -> REFERENCE.matcher(value).results())
                .forEach(found -> names.add(found.group(1)));
        return names;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ours")
    void variablesAreInTheTableOfTheReadme(Place place) {
        var set = new TreeSet<>(place.environment().keySet());
        set.removeAll(place.image().environment().keySet());
        set.removeAll(referenced(place.container()));

        assertThat(documented()).containsAll(set);
    }

    @Test
    void theTableOfTheReadmeNamesVariablesThatAreRead() {
        var known = new TreeSet<String>();
        Processes.all().forEach(process -> known.addAll(Processes.variables(process).keySet()));

        assertThat(known).containsAll(documented());
    }

    private static Set<String> documented() {
        var names = new TreeSet<String>();
        Checkout.read(Checkout.KUSTOMIZE.resolve("README.md"))
                .lines()
                .filter(line -> line.startsWith("| `"))
                .flatMap(line -> VARIABLE.matcher(line).results())
                .forEach(found -> names.add(found.group(1)));
        return names;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ours")
    void probesAskWhereTheProcessAnswers(Place place) {
        var probes = probes(place.container());
        var process = place.image().process();
        if (process.equals("client")) {
            assertThat(probes).isEmpty(); // it serves no HTTP
            assertThatTheApplicationWaitsFor(place);
            return;
        }

        assertThat(probes.keySet()).containsExactly("startup", "liveness", "readiness");
        var paths = Map.of("startup", "/startupz", "liveness", "/healthz", "readiness", "/readyz");
        probes.forEach(
                (kind, get) -> {
                    assertThat(get.getPath()).isEqualTo(paths.get(kind));
                    assertThat(Processes.literals(process)).contains(get.getPath());
                    assertThat(number(place, get.getPort())).isEqualTo(httpPort(place));
                });
    }

    /// Sidecars are waited for until they are started: by a command of the image.
    private static void assertThatTheApplicationWaitsFor(Place place) {
        var asked = place.container().getStartupProbe().getExec().getCommand();
        var program = place.image().entryPoint().size() - 1;

        assertThat(place.container().getRestartPolicy()).isEqualTo("Always");
        assertThat(place.workload().pod().getInitContainers()).contains(place.container());
        assertThat(asked.getFirst()).isEqualTo(place.image().entryPoint().getFirst());
        assertThat(asked.get(program - 1)).isEqualTo(place.image().entryPoint().get(program - 1));
        assertThat(asked.subList(program, asked.size()))
                .containsExactly("client", "status", "--ready");
        Gatehouse.commandLine().parseArgs("client", "status", "--ready");
    }

    private static Map<String, HTTPGetAction> probes(Container container) {
        var probes = new LinkedHashMap<String, HTTPGetAction>();
        put(probes, "startup", container.getStartupProbe());
        put(probes, "liveness", container.getLivenessProbe());
        put(probes, "readiness", container.getReadinessProbe());
        return probes;
    }

    private static void put(Map<String, HTTPGetAction> probes, String kind, Probe probe) {
        if (probe != null && probe.getHttpGet() != null) {
            probes.put(kind, probe.getHttpGet());
        }
    }

    private static int number(Place place, IntOrString port) {
        return port.getIntVal() != null
                ? port.getIntVal()
                : place.container().getPorts().stream()
                        .filter(one -> port.getStrVal().equals(one.getName()))
                        .map(ContainerPort::getContainerPort)
                        .findFirst()
                        .orElseThrow();
    }

    private static int httpPort(Place place) {
        var process = place.image().process();
        return portOf(setting(place, Processes.httpVariable(process)));
    }

    private static int portOf(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /// The value of a variable: the container's, or else the process's default.
    private static String setting(Place place, String variable) {
        return place.environment()
                .getOrDefault(variable, Processes.variables(place.image().process()).get(variable));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ours")
    void portsAreThoseTheProcessOpens(Place place) {
        var expected =
                switch (place.image().process()) {
                    case "dataplane" ->
                            Map.of(
                                    "tunnel/UDP",
                                    Integer.parseInt(setting(place, "GATEHOUSE_UDP_PORT")),
                                    "dataplane/TCP",
                                    httpPort(place));
                    case "controlplane" -> Map.of("controlplane/TCP", httpPort(place));
                    case "relay" ->
                            Map.of(
                                    "stun/UDP",
                                    Integer.parseInt(setting(place, "LISTEN_PORT")),
                                    "http/TCP",
                                    httpPort(place));
                    case "portal" -> Map.of("http/TCP", httpPort(place));
                    default -> Map.<String, Integer>of();
                };

        var named = new LinkedHashMap<String, Integer>();
        for (ContainerPort port : place.container().getPorts()) {
            var protocol = port.getProtocol() == null ? "TCP" : port.getProtocol();
            named.put(port.getName() + "/" + protocol, port.getContainerPort());
        }
        assertThat(named).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void portNamesAreUniqueInEachPod(Manifests overlay) {
        for (var workload : overlay.workloads()) {
            assertThat(
                            workload.containers().stream()
                                    .flatMap(container -> container.getPorts().stream())
                                    .map(ContainerPort::getName))
                    .as(workload.name())
                    .doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void volumesExistAndAreUsed(Manifests overlay) {
        for (var workload : overlay.workloads()) {
            var volumes = new TreeSet<String>();
            workload.pod().getVolumes().forEach(volume -> volumes.add(volume.getName()));
            overlay.claimsOf(workload).forEach(volumes::add);
            var used = new TreeSet<String>();
            workload.containers().stream()
                    .flatMap(container -> container.getVolumeMounts().stream())
                    .forEach(mount -> used.add(mount.getName()));

            assertThat(used).as(workload.name()).isEqualTo(volumes);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void secretsAndConfigMapsExistOrAreMadeByHand(Manifests overlay) {
        var readme = Checkout.read(Checkout.KUSTOMIZE.resolve("README.md"));
        for (var workload : overlay.workloads()) {
            for (Volume volume : workload.pod().getVolumes()) {
                if (volume.getConfigMap() != null) {
                    assertThat(names(overlay.all(ConfigMap.class)))
                            .contains(volume.getConfigMap().getName());
                }
                if (volume.getSecret() != null) {
                    var name = volume.getSecret().getSecretName();
                    assertThat(names(overlay.all(Secret.class)).anyMatch(name::equals))
                            .as("%s: %s is there, or by hand", overlay, name)
                            .isNotEqualTo(SECRETS_BY_HAND.contains(name));
                }
            }
        }
        SECRETS_BY_HAND.forEach(
                name -> assertThat(readme).contains("create secret generic gatehouse-"));
    }

    private static Stream<String> names(
            List<? extends io.fabric8.kubernetes.api.model.HasMetadata> objects) {
        return objects.stream().map(object -> object.getMetadata().getName());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ours")
    void bothContainersOfAGatewayMeetAtOneSocket(Place place) {
        if (!place.workload().name().equals("gatehouse-gateway")) {
            return;
        }
        var socket = place.environment().get("GATEHOUSE_RPC_SOCKET");
        var shared =
                place.container().getVolumeMounts().stream()
                        .filter(mount -> mount.getName().equals("rpc"))
                        .findFirst()
                        .orElseThrow();

        assertThat(socket).isEqualTo("/run/gatehouse/rpc/dataplane.sock");
        assertThat(socket).startsWith(shared.getMountPath() + "/");
        assertThat(socket.getBytes().length).isLessThanOrEqualTo(107);
    }
}
