package dev.gatehouse.manifests.kubelet;

import dev.gatehouse.manifests.sources.Images;
import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// The shell script that turns fresh namespaces into a container and becomes its program.
///
/// Follows a container runtime: a root of its own, `/proc/sys` and `/sys` read-only, a small
/// `/dev`, the volumes, then user, groups, bounding set and no-new-privileges, and the program
/// directly after it, so that its file capability counts. Seccomp and cgroups are left out: a
/// memory limit reaches the JVM as `-XX:MaxRAM`.
record ContainerScript(
        Node node,
        Volumes volumes,
        Path podFolder,
        PodSecurityContext podContext,
        Container container,
        Map<String, String> environment) {
    private static final List<String> DEVICES =
            List.of("null", "zero", "full", "random", "urandom", "tty");

    String text() {
        var lines = new ArrayList<String>();
        var root = podFolder.resolve("root-" + container.getName()).toString();
        root(lines, root);
        system(lines, root);
        for (String file : List.of("resolv.conf", "hosts", "hostname")) {
            lines.add("mount --bind %s %s/etc/%s".formatted(podFolder.resolve(file), root, file));
        }
        container.getVolumeMounts().forEach(mount -> mount(lines, root, mount));
        if (isTrue(container.getSecurityContext().getReadOnlyRootFilesystem())) {
            lines.add("mount -o remount,ro " + root);
        }
        lines.add("hostname \"$(cat %s)\"".formatted(podFolder.resolve("hostname")));
        lines.add(program(root));
        return String.join("\n", lines) + "\n";
    }

    private void root(List<String> lines, String root) {
        lines.add("mkdir -p " + root);
        lines.add("mount -t tmpfs -o mode=755 root " + root);
        lines.add("cp -a %s/. %s/".formatted(node.base(), root));
        bindReadOnly(lines, "/usr", root + "/usr");
        image().ifPresent(image -> programs(lines, root, image));
    }

    private Optional<Images.Image> image() {
        return Images.of(container);
    }

    private void programs(List<String> lines, String root, Images.Image image) {
        bindReadOnly(lines, node.programs().toString(), root + "/opt/gatehouse");
        if (image.hasNetAdmin()) {
            var java = root + "/opt/gatehouse/jre/bin/java";
            bindReadOnly(lines, node.capableJava().toString(), java);
        }
    }

    private static void bindReadOnly(List<String> lines, String from, String to) {
        lines.add("mount --bind %s %s".formatted(from, to));
        lines.add("mount -o remount,bind,ro " + to);
    }

    private static void system(List<String> lines, String root) {
        lines.add("mount -t proc proc %s/proc".formatted(root));
        bindReadOnly(lines, root + "/proc/sys", root + "/proc/sys");
        lines.add("mount -t sysfs -o ro,nosuid,nodev,noexec sysfs %s/sys".formatted(root));
        lines.add("mount -t tmpfs -o mode=755,nosuid dev %s/dev".formatted(root));
        for (String device : DEVICES) {
            lines.add("touch %s/dev/%s".formatted(root, device));
            lines.add("mount --bind /dev/%s %s/dev/%s".formatted(device, root, device));
        }
        lines.add("ln -s /proc/self/fd %s/dev/fd".formatted(root));
        lines.add("mkdir %s/dev/shm".formatted(root));
        lines.add("mount -t tmpfs -o mode=1777,size=64m shm %s/dev/shm".formatted(root));
    }

    private void mount(List<String> lines, String root, VolumeMount mount) {
        var source = volumes.path(mount.getName());
        if (mount.getSubPath() != null) {
            source = source.resolve(mount.getSubPath());
        }
        var target = root + mount.getMountPath();
        lines.add("mkdir -p $(dirname %s)".formatted(target));
        lines.add(
                "if [ -d %s ]; then mkdir -p %s; else touch %s; fi"
                        .formatted(source, target, target));
        lines.add("mount --bind %s %s".formatted(source, target));
        if (isTrue(mount.getReadOnly())) {
            lines.add("mount -o remount,bind,ro " + target);
        }
    }

    private String program(String root) {
        var words = new ArrayList<>(List.of("exec env -i"));
        environment.forEach((name, value) -> words.add(quoted(name + "=" + value)));
        words.add("/usr/sbin/chroot " + root);
        words.add("/usr/bin/setpriv");
        words.addAll(identity());
        command().forEach(word -> words.add(quoted(word)));
        return String.join(" ", words);
    }

    private List<String> identity() {
        var own = container.getSecurityContext();
        long user = Objects.requireNonNullElse(own.getRunAsUser(), podContext.getRunAsUser());
        long group = Objects.requireNonNullElse(own.getRunAsGroup(), podContext.getRunAsGroup());
        var options = new ArrayList<String>();
        options.add("--reuid=" + user);
        options.add("--regid=" + group);
        options.add(
                podContext.getFsGroup() == null
                        ? "--clear-groups"
                        : "--groups=" + podContext.getFsGroup());
        options.add("--bounding-set=-all" + added(own.getCapabilities()));
        options.add("--inh-caps=-all");
        if (Boolean.FALSE.equals(own.getAllowPrivilegeEscalation())) {
            options.add("--no-new-privs");
        }
        return options;
    }

    private static String added(Capabilities capabilities) {
        if (!capabilities.getDrop().equals(List.of("ALL"))) {
            throw new IllegalArgumentException("containers drop ALL here");
        }
        var text = new StringBuilder();
        capabilities
                .getAdd()
                .forEach(name -> text.append(",+").append(name.toLowerCase(Locale.ROOT)));
        return text.toString();
    }

    private List<String> command() {
        if (!container.getCommand().isEmpty()) {
            return concat(container.getCommand(), container.getArgs());
        }
        var entryPoint = image().orElseThrow().entryPoint();
        var limit = Quantity.getAmountInBytes(container.getResources().getLimits().get("memory"));
        var limited = new ArrayList<>(entryPoint);
        limited.add(1, "-XX:MaxRAM=" + limit.toPlainString());
        return concat(limited, container.getArgs());
    }

    private static List<String> concat(List<String> first, List<String> second) {
        var all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    private static boolean isTrue(Boolean value) {
        return Boolean.TRUE.equals(value);
    }
}
