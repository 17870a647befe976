package dev.gatehouse.manifests.kubelet;

import dev.gatehouse.demo.Shell;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Volume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The volumes of one pod, with the owner and the modes that a kubelet gives them.
final class Volumes {
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int TYPE_MASK = 0170000;
    private static final int DEFAULT_MODE = 0644;

    private final Node node;
    private final List<HasMetadata> objects;
    private final Path folder;
    private final long group;
    private final Map<String, Path> paths = new HashMap<>();

    /// @param objects where secrets and config maps are looked up
    /// @param folder of the pod
    /// @param group the pod's fsGroup
    Volumes(Node node, List<HasMetadata> objects, Path folder, long group) {
        this.node = node;
        this.objects = objects;
        this.folder = folder;
        this.group = group;
    }

    void add(Volume volume) throws IOException {
        Path path;
        if (volume.getEmptyDir() != null) {
            path = emptyDirectory(volume.getName(), volume.getEmptyDir().getSizeLimit());
        } else if (volume.getSecret() != null) {
            var source = volume.getSecret();
            path = folder(volume.getName());
            var mode = Objects.requireNonNullElse(source.getDefaultMode(), DEFAULT_MODE);
            fill(path, selected(secret(source.getSecretName()), source.getItems()), mode);
        } else if (volume.getConfigMap() != null) {
            path = folder(volume.getName());
            var map = object(ConfigMap.class, volume.getConfigMap().getName());
            fill(path, selected(map.getData(), volume.getConfigMap().getItems()), DEFAULT_MODE);
        } else if (volume.getHostPath() != null) {
            path = hostPath(volume.getHostPath());
        } else {
            throw new IllegalArgumentException("no such volumes here: " + volume);
        }
        paths.put(volume.getName(), path);
    }

    /// A claim of a StatefulSet: an empty disk.
    void addClaim(String name) throws IOException {
        var path = folder(name);
        own(path, 02770);
        paths.put(name, path);
    }

    Path path(String name) {
        return Objects.requireNonNull(paths.get(name), name);
    }

    private Path folder(String name) throws IOException {
        return Files.createDirectories(folder.resolve("volumes").resolve(name));
    }

    private Path emptyDirectory(String name, Quantity limit) throws IOException {
        var path = folder(name);
        var size = limit == null ? "64m" : Quantity.getAmountInBytes(limit).toPlainString();
        Shell.run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", path.toString());
        own(path, 02777);
        return path;
    }

    private Map<String, String> secret(String name) {
        var data = new LinkedHashMap<String, String>();
        object(Secret.class, name)
                .getData()
                .forEach(
                        (key, text) ->
                                data.put(
                                        key,
                                        new String(
                                                Base64.getMimeDecoder().decode(text),
                                                StandardCharsets.UTF_8)));
        return data;
    }

    private <T extends HasMetadata> T object(Class<T> type, String name) {
        return objects.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .filter(one -> one.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no " + name));
    }

    /// The settings of a container's `envFrom`.
    Map<String, String> configMap(String name) {
        return object(ConfigMap.class, name).getData();
    }

    private static Map<String, String> selected(Map<String, String> data, List<KeyToPath> items) {
        if (items.isEmpty()) {
            return data;
        }
        var chosen = new LinkedHashMap<String, String>();
        items.forEach(item -> chosen.put(item.getPath(), data.get(item.getKey())));
        return chosen;
    }

    private void fill(Path path, Map<String, String> files, int mode) throws IOException {
        for (var file : files.entrySet()) {
            own(Files.writeString(path.resolve(file.getKey()), file.getValue()), mode);
        }
        own(path, 02755);
    }

    private void own(Path path, int mode) throws IOException {
        Files.setAttribute(path, "unix:gid", (int) group);
        Files.setAttribute(path, "unix:mode", mode);
    }

    private Path hostPath(HostPathVolumeSource source) {
        var path = node.device(source.getPath());
        try {
            int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            if ("CharDevice".equals(source.getType()) && (mode & TYPE_MASK) != CHARACTER_DEVICE) {
                throw new IllegalArgumentException(source.getPath() + " is no character device");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return path;
    }

    void unmount() {
        paths.values().stream()
                .filter(path -> Shell.attempt(mountpoint(path), "").isOk())
                .forEach(path -> Shell.run("umount", path.toString()));
    }

    private static List<String> mountpoint(Path path) {
        return List.of("mountpoint", "-q", path.toString());
    }
}
