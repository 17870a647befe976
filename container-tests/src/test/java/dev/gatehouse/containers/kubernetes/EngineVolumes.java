package dev.gatehouse.containers.kubernetes;

import com.github.dockerjava.api.model.Mount;
import com.github.dockerjava.api.model.MountType;
import com.github.dockerjava.api.model.VolumeOptions;
import dev.gatehouse.containers.engine.Engine;
import dev.gatehouse.containers.engine.Scratch;
import dev.gatehouse.testkit.kubelet.PodRuntime.SandboxSpec;
import dev.gatehouse.testkit.kubelet.PodVolume;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The volumes of one pod: in the engine's memory, or in a folder of this host.
final class EngineVolumes {
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int TYPE_MASK = 0170000;
    private static final int FOLDER_MODE = 02755;
    private static final int EMPTY_MODE = 02777;
    private static final int DISK_MODE = 02770;

    private final String pod;
    private final Path folder;
    private final Map<String, PodVolume> volumes;
    private final Map<String, Path> paths = new LinkedHashMap<>();
    private final List<Runnable> removals = new ArrayList<>();

    EngineVolumes(SandboxSpec spec, Scratch scratch) throws IOException {
        pod = spec.pod();
        folder = Files.createDirectories(scratch.folder().resolve(pod));
        volumes = spec.volumes();
        for (var volume : volumes.entrySet()) {
            make(volume.getKey(), volume.getValue(), scratch);
        }
    }

    private void make(String name, PodVolume volume, Scratch scratch) throws IOException {
        switch (volume) {
            case PodVolume.Memory(long bytesMax, long group) ->
                    removals.add(Engine.memoryVolume(volumeOf(name), bytesMax, EMPTY_MODE, group));
            case PodVolume.Disk(long group) -> // lives as long as its pod: nobody needs more here
                    removals.add(Engine.memoryVolume(volumeOf(name), 0, DISK_MODE, group));
            case PodVolume.Files(var content, int mode, long group) -> {
                var path = Files.createDirectories(folder.resolve(name));
                for (var file : content.entrySet()) {
                    var wanted = path.resolve(file.getKey());
                    Files.createDirectories(wanted.getParent());
                    own(Files.writeString(wanted, file.getValue()), mode, group);
                }
                own(path, FOLDER_MODE, group);
                paths.put(name, path);
            }
            case PodVolume.Device(var path) -> paths.put(name, device(path, scratch));
        }
    }

    private String volumeOf(String name) {
        return "gatehouse-test-" + pod + "-" + name;
    }

    private static void own(Path path, int mode, long group) throws IOException {
        Files.setAttribute(path, "unix:gid", (int) group);
        Files.setAttribute(path, "unix:mode", mode);
    }

    /// The node's file, which must be what the manifest says.
    private static Path device(String wanted, Scratch scratch) throws IOException {
        if (!wanted.equals("/dev/net/tun")) {
            throw new IllegalArgumentException("this node has no " + wanted);
        }
        var path = Path.of(scratch.tun());
        int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & TYPE_MASK) != CHARACTER_DEVICE) {
            throw new IllegalArgumentException(path + " is no character device");
        }
        return path;
    }

    /// The folder of a config map or a secret.
    Path files(String volume) {
        return paths.get(volume);
    }

    /// All that vanishes when nobody mounts it.
    List<Mount> all() {
        return volumes.keySet().stream()
                .filter(name -> !paths.containsKey(name))
                .map(name -> volume(name, "/volumes/" + name))
                .toList();
    }

    List<Mount> of(Container container) {
        return container.getVolumeMounts().stream().map(this::mount).toList();
    }

    private Mount mount(VolumeMount wanted) {
        var name = wanted.getName();
        var mount =
                paths.containsKey(name) || wanted.getSubPath() != null
                        ? bind(path(name, wanted.getSubPath()), wanted.getMountPath())
                        : volume(name, wanted.getMountPath());
        return mount.withReadOnly(Boolean.TRUE.equals(wanted.getReadOnly()));
    }

    /// What the engine finds there: where this host does not see the engine's volumes, it does.
    private String path(String name, String subPath) {
        var path =
                paths.containsKey(name)
                        ? paths.get(name)
                        : Path.of(Engine.mountPoint(volumeOf(name)));
        return (subPath == null ? path : path.resolve(subPath)).toString();
    }

    private static Mount bind(String source, String target) {
        return new Mount().withType(MountType.BIND).withSource(source).withTarget(target);
    }

    /// Without what the image has there, as a kubelet mounts it.
    private Mount volume(String name, String target) {
        return new Mount()
                .withType(MountType.VOLUME)
                .withSource(volumeOf(name))
                .withTarget(target)
                .withVolumeOptions(new VolumeOptions().withNoCopy(true));
    }

    /// To be called when no container is left.
    void remove() {
        removals.forEach(Runnable::run);
    }
}
