package dev.gatehouse.containers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/// A folder of the host for containers to look into, with a node of the TUN device in it.
record Scratch(Path folder) implements AutoCloseable {
    static Scratch create() throws IOException, InterruptedException {
        var target = Engine.root().resolve("container-tests/target");
        var folder = Files.createTempDirectory(Files.createDirectories(target), "site");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        var scratch = new Scratch(folder);
        makeTun(scratch.tun());
        return scratch;
    }

    /// A node that anybody may open, as udev makes it: where it is missing, the host's is root's.
    String tun() {
        return folder.resolve("tun").toString();
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
        try (var files = Files.list(folder)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
