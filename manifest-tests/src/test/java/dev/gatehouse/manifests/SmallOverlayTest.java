package dev.gatehouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.manifests.sources.Images;
import dev.gatehouse.testkit.manifests.Manifests;
import dev.gatehouse.testkit.manifests.Manifests.Workload;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Who applies an overlay gets what it names and loses nothing: a small one onto production keeps
/// all that production says, and no pod asks a portal that nobody named.
class SmallOverlayTest {
    private static final Set<String> WHOLE = Set.of("demo", "firezone", "production");
    private static final String PORTAL = "FIREZONE_API_URL";
    private static final Set<String> PEERS = Set.of("controlplane", "relay", "client");
    private static final Pattern HASH = Pattern.compile("-[a-z0-9]{10}$");
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String METRIC =
            "HorizontalPodAutoscaler gatehouse-gateway/spec/metrics/0/";

    /// What an overlay is there to change, by the object and the path in it.
    private static final Map<String, List<String>> CHANGES =
            Map.of("gateway-saturation", List.of(METRIC + "containerResource", METRIC + "type"));

    static Stream<Manifests> overlays() {
        return Manifests.all();
    }

    static Stream<Manifests> small() {
        return Manifests.all().filter(overlay -> !WHOLE.contains(overlay.name()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("small")
    void appliedOntoProductionItKeepsWhatIsThere(Manifests overlay) throws Exception {
        var production = byIdentity(Manifests.of("production"));
        var lost = new ArrayList<String>();
        int added = 0;
        for (var object : byIdentity(overlay).entrySet()) {
            var before = production.get(object.getKey());
            if (before == null) {
                added++;
            } else {
                collectLost(object.getKey(), before, object.getValue(), lost);
                added += before.equals(object.getValue()) ? 0 : 1;
            }
        }

        assertThat(lost).isEqualTo(CHANGES.getOrDefault(overlay.name(), List.of()));
        assertThat(added).as("it does something").isPositive();
    }

    /// Objects without the parts of names that follow the content, by kind, namespace and name.
    private static Map<String, JsonNode> byIdentity(Manifests overlay)
            throws JsonProcessingException {
        var objects = new TreeMap<String, JsonNode>();
        for (HasMetadata object : overlay.objects()) {
            var text = JSON.writeValueAsString(object);
            for (ConfigMap map : overlay.all(ConfigMap.class)) {
                var name = map.getMetadata().getName();
                text = text.replace('"' + name + '"', '"' + withoutHash(name) + '"');
            }
            var identity = object.getKind() + " " + withoutHash(object.getMetadata().getName());
            objects.put(identity, JSON.readTree(text));
        }
        return objects;
    }

    private static String withoutHash(String name) {
        return HASH.matcher(name).replaceFirst("");
    }

    /// The paths at which `after` does not say what `before` says; it may say more.
    private static void collectLost(
            String path, JsonNode before, JsonNode after, List<String> lost) {
        if (before.isObject() && after.isObject()) {
            before.properties()
                    .forEach(
                            field ->
                                    collectLost(
                                            path + "/" + field.getKey(),
                                            field.getValue(),
                                            after.path(field.getKey()),
                                            lost));
        } else if (before.isArray() && before.size() <= after.size() && before.get(0).isObject()) {
            for (int i = 0; i < before.size(); i++) {
                collectLost(path + "/" + i, before.get(i), after.get(i), lost);
            }
        } else if (!before.equals(after)) {
            lost.add(path);
        }
    }

    /// What is applied last replaces what has the same name; selectors of both find their own pods.
    @ParameterizedTest(name = "{0}")
    @MethodSource("small")
    void besideProductionEverySelectorFindsItsOwnPods(Manifests overlay) {
        var objects = new LinkedHashMap<String, HasMetadata>();
        for (Manifests applied : List.of(Manifests.of("production"), overlay)) {
            for (HasMetadata one : applied.objects()) {
                var meta = one.getMetadata();
                objects.put(one.getKind() + meta.getNamespace() + "/" + meta.getName(), one);
            }
        }
        var cluster = new Manifests("production and " + overlay, List.copyOf(objects.values()));

        for (Workload workload : cluster.workloads()) {
            assertThat(cluster.selected(workload.namespace(), workload.labels()))
                    .containsExactly(workload);
        }
        cluster.all(Service.class)
                .forEach(one -> assertOne(cluster, one, one.getSpec().getSelector()));
        cluster.all(PodDisruptionBudget.class)
                .forEach(one -> assertOne(cluster, one, labels(one.getSpec().getSelector())));
        cluster.all(NetworkPolicy.class)
                .forEach(one -> assertOne(cluster, one, labels(one.getSpec().getPodSelector())));
    }

    private static Map<String, String> labels(LabelSelector selector) {
        return selector.getMatchLabels();
    }

    private static void assertOne(
            Manifests cluster, HasMetadata owner, Map<String, String> labels) {
        assertThat(cluster.selected(owner.getMetadata().getNamespace(), labels))
                .as("%s %s", owner.getKind(), owner.getMetadata().getName())
                .hasSize(1);
    }

    /// Without the map's entry the kubelet does not start the container, and says so.
    @ParameterizedTest(name = "{0}")
    @MethodSource("overlays")
    void noPodAsksAPortalThatNobodyNamed(Manifests overlay) {
        for (Workload workload : overlay.workloads()) {
            for (Container container : workload.containers()) {
                var process = Images.of(container).map(Images.Image::process).orElse("");
                if (PEERS.contains(process)) {
                    var reference = portal(container).getValueFrom().getConfigMapKeyRef();
                    var map = overlay.named(ConfigMap.class, reference.getName());
                    assertThat(reference.getKey()).isEqualTo(PORTAL);
                    assertThat(reference.getOptional()).isNull();
                    assertThat(map.getData().get(PORTAL)).startsWith("ws");
                    assertThat(map.getData().get(PORTAL).contains("firezone"))
                            .isEqualTo(overlay.name().equals("firezone"));
                }
            }
        }
    }

    private static EnvVar portal(Container container) {
        return container.getEnv().stream()
                .filter(one -> one.getName().equals(PORTAL))
                .findFirst()
                .orElseThrow(() -> new AssertionError(container.getName() + " names no portal"));
    }
}
