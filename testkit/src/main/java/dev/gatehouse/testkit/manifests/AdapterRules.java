package dev.gatehouse.testkit.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/// What the adapter of Prometheus is told, so that an autoscaler may ask for our metrics.
public final class AdapterRules {
    private AdapterRules() {}

    /// The series that a gateway serves, by the name under which the adapter hands it on.
    public static Map<String, String> series() {
        var file =
                Checkout.KUSTOMIZE.resolve("components/saturation/prometheus-adapter-values.yaml");
        try {
            var series = new TreeMap<String, String>();
            for (JsonNode rule :
                    new YAMLMapper().readTree(Checkout.read(file)).at("/rules/custom")) {
                var name = rule.path("name");
                series.put(name.path("as").asText(), name.path("matches").asText());
            }
            return series;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
