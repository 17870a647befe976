package dev.gatehouse.testkit.kubelet;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What pods of one namespace refer to.
record ClusterObjects(String namespace, List<HasMetadata> objects) {
    Map<String, String> configMap(String name) {
        return named(ConfigMap.class, name).getData();
    }

    Map<String, String> secret(String name) {
        var data = new TreeMap<String, String>();
        named(Secret.class, name).getData().forEach((key, text) -> data.put(key, decoded(text)));
        return data;
    }

    private static String decoded(String base64) {
        return new String(Base64.getMimeDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    /// The names of the Services that lead to pods with `labels`, short and whole.
    List<String> serviceNames(Map<String, String> labels) {
        return all(Service.class)
                .filter(one -> !one.getSpec().getSelector().isEmpty())
                .filter(
                        one ->
                                labels.entrySet()
                                        .containsAll(one.getSpec().getSelector().entrySet()))
                .map(one -> one.getMetadata().getName())
                .flatMap(name -> Stream.of(name, name + "." + namespace + ".svc.cluster.local"))
                .toList();
    }

    private <T extends HasMetadata> Stream<T> all(Class<T> type) {
        return objects.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .filter(one -> namespace.equals(one.getMetadata().getNamespace()));
    }

    private <T extends HasMetadata> T named(Class<T> type, String name) {
        return all(type)
                .filter(one -> one.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no " + name));
    }
}
