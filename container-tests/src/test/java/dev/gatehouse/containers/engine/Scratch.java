package dev.gatehouse.containers.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;

/// A folder of the host for containers to look into, with a node of the TUN device in it.
public record Scratch(Path folder) implements AutoCloseable {
    public static Scratch create() throws IOException, InterruptedException {
        var target = Engine.root().resolve("container-tests/target");
        var folder = Files.createTempDirectory(Files.createDirectories(target), "site");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        var scratch = new Scratch(folder);
        makeTun(scratch.tun());
        return scratch;
    }

    /// A node that anybody may open, as udev makes it: where it is missing, the host's is root's.
    public String tun() {
        return folder.resolve("tun").toString();
    }

    /// Makes it the node of root alone, or again anybody's.
    public void closeTun(boolean closed) throws IOException {
        var mode = PosixFilePermissions.fromString(closed ? "rw-------" : "rw-rw-rw-");
        Files.setPosixFilePermissions(Path.of(tun()), mode);
    }

    private static void makeTun(String path) throws IOException, InterruptedException {
        var made = new ProcessBuilder("mknod", "-m", "0666", path, "c", "10", "200").start();
        if (made.waitFor() != 0) {
            var reason = made.getErrorStream().readAllBytes();
            throw new IOException("mknod: " + new String(reason, StandardCharsets.UTF_8));
        }
    }

    @Override
    public void close() throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
