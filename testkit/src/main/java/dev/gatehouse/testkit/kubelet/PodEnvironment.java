package dev.gatehouse.testkit.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The variables that a manifest gives a container: of config maps and secrets, then its own, with
/// references to the pod's fields and to variables set before.
///
/// @param fields of the pod, by path, e.g. `metadata.uid`
record PodEnvironment(Map<String, String> fields, ClusterObjects objects) {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\((\\w+)\\)");

    Map<String, String> of(Container container) {
        var environment = new LinkedHashMap<String, String>();
        for (var source : container.getEnvFrom()) {
            var prefix = Objects.requireNonNullElse(source.getPrefix(), "");
            all(source).forEach((name, value) -> environment.put(prefix + name, value));
        }
        container.getEnv().forEach(one -> environment.put(one.getName(), value(one, environment)));
        return environment;
    }

    private Map<String, String> all(EnvFromSource source) {
        return source.getConfigMapRef() != null
                ? objects.configMap(source.getConfigMapRef().getName())
                : objects.secret(source.getSecretRef().getName());
    }

    private String value(EnvVar variable, Map<String, String> before) {
        if (variable.getValueFrom() != null) {
            return Objects.requireNonNull(value(variable.getValueFrom()), variable.getName());
        }
        return REFERENCE
                .matcher(Objects.requireNonNullElse(variable.getValue(), ""))
                .replaceAll(
                        found ->
                                Matcher.quoteReplacement(
                                        before.getOrDefault(found.group(1), found.group())));
    }

    private String value(EnvVarSource source) {
        if (source.getFieldRef() != null) {
            return fields.get(source.getFieldRef().getFieldPath());
        }
        if (source.getConfigMapKeyRef() != null) {
            var key = source.getConfigMapKeyRef();
            return objects.configMap(key.getName()).get(key.getKey());
        }
        var key = Objects.requireNonNull(source.getSecretKeyRef(), "no such reference here");
        return objects.secret(key.getName()).get(key.getKey());
    }
}
