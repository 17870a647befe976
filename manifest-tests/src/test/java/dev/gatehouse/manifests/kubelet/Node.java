package dev.gatehouse.manifests.kubelet;

import dev.gatehouse.demo.Lab;
import dev.gatehouse.demo.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// The machine that pods run on: an image root, devices, and a network of pods.
///
/// Images are not pulled: the host's `/usr` stands for the base, and above it lies what
/// `deploy/images` puts into images. Belongs inside an enclosure, with which all of it vanishes.
public final class Node {
    public static final String NAME = "node-1";
    public static final String ADDRESS = "10.99.0.1";
    static final String BRIDGE = "internet";

    private static final int FIRST_POD = 100;

    private final Path folder;
    private final Path context;
    private final AtomicInteger pods = new AtomicInteger(FIRST_POD);
    private String resolvConf = "";

    /// @param context what `deploy/images --stage` made
    private Node(Path folder, Path context) {
        this.folder = folder;
        this.context = context;
    }

    public static Node create(Path folder, Path context) {
        var node = new Node(folder, context);
        Lab.bridge(BRIDGE);
        Shell.run("ip", "addr", "add", ADDRESS + "/24", "dev", BRIDGE);
        Shell.run("ip", "link", "set", "lo", "up");
        try {
            node.makeBase();
            node.makeDevices();
            node.makeCapableJava();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return node;
    }

    private void makeBase() throws IOException {
        for (String name : List.of("usr", "proc", "sys", "dev", "run", "tmp", "var/lib", "root")) {
            Files.createDirectories(base().resolve(name));
        }
        for (String name : List.of("bin", "sbin", "lib", "lib64")) {
            Files.createSymbolicLink(base().resolve(name), Path.of("usr", name));
        }
        Files.createDirectories(base().resolve("opt/gatehouse"));
        var etc = Files.createDirectories(base().resolve("etc"));
        Files.writeString(
                etc.resolve("passwd"),
                "root:x:0:0::/root:/sbin/nologin\ngatehouse:x:65532:65532::/:/sbin/nologin\n");
        Files.writeString(etc.resolve("group"), "root:x:0:\ngatehouse:x:65532:\n");
        Files.writeString(etc.resolve("nsswitch.conf"), "hosts: files dns\n");
        Files.createSymbolicLink(etc.resolve("os-release"), Path.of("../usr/lib/os-release"));
        for (String name : List.of("resolv.conf", "hosts", "hostname")) {
            Files.createFile(etc.resolve(name));
        }
        Files.writeString(
                etc.resolve("ld.so.conf"),
                Files.readString(Path.of("/etc/ld.so.conf")).contains("ld.so.conf.d")
                        ? "/opt/gatehouse/jre/lib\n" + libraryFolders()
                        : "/opt/gatehouse/jre/lib\n");
        linkLibraries();
    }

    private static String libraryFolders() throws IOException {
        var text = new StringBuilder();
        try (var files = Files.list(Path.of("/etc/ld.so.conf.d"))) {
            for (Path file : files.sorted().toList()) {
                text.append(Files.readString(file));
            }
        }
        return text.toString();
    }

    /// As the image does: a program with file capabilities finds libraries by the cache alone.
    private void linkLibraries() {
        var script =
                """
                mount --bind /usr $0/usr
                mount --bind $1 $0/opt/gatehouse
                ldconfig -r $0
                """;
        Shell.run(
                "unshare",
                "--mount",
                "sh",
                "-e",
                "-c",
                script,
                base().toString(),
                programs().toString());
    }

    /// A node's TUN device, open to all as udev leaves it; and one that is closed.
    private void makeDevices() {
        for (String device : List.of("tun", "tun-closed")) {
            var path = folder.resolve(device).toString();
            Shell.run("mknod", path, "c", "10", "200");
            Shell.run("chmod", device.equals("tun") ? "666" : "600", path);
        }
    }

    private void makeCapableJava() throws IOException {
        Files.copy(
                programs().resolve("jre/bin/java"),
                capableJava(),
                StandardCopyOption.COPY_ATTRIBUTES);
        Shell.run("setcap", "cap_net_admin+ep", capableJava().toString());
    }

    /// What every container's root begins as, a few small files.
    Path base() {
        return folder.resolve("base");
    }

    /// What is below `/opt/gatehouse` in an image.
    Path programs() {
        return context.resolve("gatehouse");
    }

    Path capableJava() {
        return folder.resolve("java");
    }

    /// The node's own file for a hostPath.
    Path device(String hostPath) {
        if (!hostPath.equals("/dev/net/tun")) {
            throw new IllegalArgumentException("this node has no " + hostPath);
        }
        return folder.resolve("tun");
    }

    /// From now on `/dev/net/tun` is 0600 or open to all.
    public void closeTun(boolean closed) {
        Shell.run("chmod", closed ? "600" : "666", folder.resolve("tun").toString());
    }

    /// What pods see as `/etc/resolv.conf`.
    public void resolver(String... lines) {
        resolvConf = String.join("\n", lines) + "\n";
    }

    String resolvConf() {
        return resolvConf;
    }

    Path folder() {
        return folder;
    }

    int nextPodNumber() {
        return pods.getAndIncrement();
    }
}
