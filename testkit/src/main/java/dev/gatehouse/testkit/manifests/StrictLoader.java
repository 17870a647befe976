package dev.gatehouse.testkit.manifests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads manifests into the typed model and refuses what the API server would silently drop: the
/// model keeps unknown fields in `additionalProperties`, at any depth.
public final class StrictLoader {
    private static final String MODEL = "io.fabric8.";
    private static final String UNKNOWN = "additionalProperties";

    private static final Map<String, Class<? extends HasMetadata>> KINDS =
            Map.ofEntries(
                    Map.entry("v1/Namespace", Namespace.class),
                    Map.entry("v1/ServiceAccount", ServiceAccount.class),
                    Map.entry("v1/ConfigMap", ConfigMap.class),
                    Map.entry("v1/Secret", Secret.class),
                    Map.entry("v1/Service", Service.class),
                    Map.entry("apps/v1/DaemonSet", DaemonSet.class),
                    Map.entry("apps/v1/Deployment", Deployment.class),
                    Map.entry("apps/v1/StatefulSet", StatefulSet.class),
                    Map.entry(
                            "autoscaling/v2/HorizontalPodAutoscaler",
                            HorizontalPodAutoscaler.class),
                    Map.entry("networking.k8s.io/v1/Ingress", Ingress.class),
                    Map.entry("networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class),
                    Map.entry("policy/v1/PodDisruptionBudget", PodDisruptionBudget.class),
                    Map.entry("monitoring.coreos.com/v1/ServiceMonitor", ServiceMonitor.class));

    private static final ObjectMapper YAML =
            new ObjectMapper(
                    YAMLFactory.builder()
                            .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
                            .build());

    private StrictLoader() {}

    public static List<HasMetadata> load(String text) {
        var objects = new ArrayList<HasMetadata>();
        try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(text)) {
            while (documents.hasNext()) {
                objects.add(loadOne(documents.next()));
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("no YAML: " + e.getMessage(), e);
        }
        return objects;
    }

    private static HasMetadata loadOne(JsonNode document) throws JsonProcessingException {
        var kind = document.path("apiVersion").asText() + "/" + document.path("kind").asText();
        var type = KINDS.get(kind);
        if (type == null) {
            throw new IllegalArgumentException("unknown kind " + kind);
        }
        var object = YAML.treeToValue(document, type);
        var unknown = new LinkedHashMap<String, Object>();
        collectUnknown(kind + " " + object.getMetadata().getName(), object, unknown);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("unknown fields: " + unknown);
        }
        return object;
    }

    private static void collectUnknown(String path, Object value, Map<String, Object> unknown) {
        switch (value) {
            case null -> {}
            case Collection<?> many -> {
                int index = 0;
                for (var one : many) {
                    collectUnknown(path + "[" + index++ + "]", one, unknown);
                }
            }
            case Map<?, ?> map ->
                    map.forEach((key, one) -> collectUnknown(path + "." + key, one, unknown));
            default -> {
                if (value.getClass().getName().startsWith(MODEL) && !(value instanceof Enum<?>)) {
                    collectFields(path, value, unknown);
                }
            }
        }
    }

    private static void collectFields(String path, Object value, Map<String, Object> unknown) {
        Class<?> type = value.getClass();
        while (type != Object.class) {
            for (var field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())) {
                    collectField(path, field, value, unknown);
                }
            }
            type = type.getSuperclass();
        }
    }

    private static void collectField(
            String path, Field field, Object owner, Map<String, Object> unknown) {
        try {
            field.setAccessible(true);
            var value = field.get(owner);
            if (!field.getName().equals(UNKNOWN)) {
                collectUnknown(path + "." + field.getName(), value, unknown);
            } else if (value instanceof Map<?, ?> extra) {
                extra.forEach((name, found) -> unknown.put(path + "." + name, found));
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
