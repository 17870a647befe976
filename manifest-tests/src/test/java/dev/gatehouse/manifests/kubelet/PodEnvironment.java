package dev.gatehouse.manifests.kubelet;

import dev.gatehouse.manifests.sources.Images;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// The variables of a container: of its image, of config maps, of its own, with references to the
/// pod's fields and to variables set before.
record PodEnvironment(Map<String, String> fields, Volumes volumes) {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\((\\w+)\\)");

    Map<String, String> of(Container container) {
        var environment = new LinkedHashMap<String, String>();
        environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        Images.of(container).ifPresent(image -> environment.putAll(image.environment()));
        container
                .getEnvFrom()
                .forEach(one -> environment.putAll(configMap(one.getConfigMapRef().getName())));
        container.getEnv().forEach(one -> environment.put(one.getName(), value(one, environment)));
        return environment;
    }

    private Map<String, String> configMap(String name) {
        return volumes.configMap(name);
    }

    private String value(EnvVar variable, Map<String, String> before) {
        if (variable.getValueFrom() != null) {
            var path = variable.getValueFrom().getFieldRef().getFieldPath();
            if (!fields.containsKey(path)) {
                throw new IllegalArgumentException("a pod has no field " + path);
            }
            return fields.get(path);
        }
        return REFERENCE
                .matcher(variable.getValue())
                .replaceAll(found -> before.getOrDefault(found.group(1), found.group()));
    }
}
