package dev.gatehouse.testkit.kubelet;

import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// A volume as the containers of a pod find it. All that is not the node's belongs to root and to
/// the pod's fsGroup.
public sealed interface PodVolume {
    /// emptyDir of medium Memory: mode 2777.
    ///
    /// @param bytesMax 0 for the node's choice
    record Memory(long bytesMax, long group) implements PodVolume {}

    /// A config map or a secret.
    ///
    /// @param mode of each file
    record Files(Map<String, String> content, int mode, long group) implements PodVolume {}

    /// What a StatefulSet claims: empty at first, mode 2770.
    record Disk(long group) implements PodVolume {}

    /// A character device of the node.
    record Device(String path) implements PodVolume {}

    int DEFAULT_MODE = 0644;

    /// @param group the pod's fsGroup
    /// @throws IllegalArgumentException for kinds of volumes that no manifest of ours has
    static PodVolume of(Volume volume, ClusterObjects objects, long group) {
        if (volume.getEmptyDir() != null && "Memory".equals(volume.getEmptyDir().getMedium())) {
            var limit = volume.getEmptyDir().getSizeLimit();
            long bytes = limit == null ? 0 : Quantity.getAmountInBytes(limit).longValueExact();
            return new Memory(bytes, group);
        }
        if (volume.getSecret() != null) {
            var source = volume.getSecret();
            var mode = Objects.requireNonNullElse(source.getDefaultMode(), DEFAULT_MODE);
            var data = objects.secret(source.getSecretName());
            return new Files(selected(data, source.getItems()), mode, group);
        }
        if (volume.getConfigMap() != null) {
            var source = volume.getConfigMap();
            var mode = Objects.requireNonNullElse(source.getDefaultMode(), DEFAULT_MODE);
            var data = objects.configMap(source.getName());
            return new Files(selected(data, source.getItems()), mode, group);
        }
        if (volume.getHostPath() != null && "CharDevice".equals(volume.getHostPath().getType())) {
            return new Device(volume.getHostPath().getPath());
        }
        throw new IllegalArgumentException("no such volumes here: " + volume);
    }

    private static Map<String, String> selected(Map<String, String> data, List<KeyToPath> items) {
        if (items.isEmpty()) {
            return data;
        }
        var chosen = new TreeMap<String, String>();
        items.forEach(item -> chosen.put(item.getPath(), data.get(item.getKey())));
        return chosen;
    }
}
