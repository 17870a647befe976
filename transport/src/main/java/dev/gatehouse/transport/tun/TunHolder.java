package dev.gatehouse.transport.tun;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Finds out which process has a TUN device, for whoever cannot have it.
final class TunHolder {
    private static final Path PROC = Path.of("/proc");
    private static final String LAUNCHER = "dev.gatehouse.launcher.Gatehouse";

    private TunHolder() {}

    /// `process 4711 (gatehouse client)`; empty if none is seen: it may belong to another user or
    /// to a container with processes of its own.
    static Optional<String> find(String device) {
        try (var processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            var own = Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"));
            for (var process : processes) {
                if (isOf(own, process) && has(process, device)) {
                    return Optional.of(
                            "process %s (%s)".formatted(process.getFileName(), name(process)));
                }
            }
        } catch (IOException _) {
            // not to be found out
        }
        return Optional.empty();
    }

    private static boolean isOf(Path namespace, Path process) {
        try {
            return Files.readSymbolicLink(process.resolve("ns/net")).equals(namespace);
        } catch (IOException _) {
            return false;
        }
    }

    private static boolean has(Path process, String device) {
        var wanted = "iff:\t" + device;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fdinfo"))) {
            for (var file : files) {
                if (text(file).lines().anyMatch(wanted::equals)) {
                    return true;
                }
            }
        } catch (IOException _) {
            // it has ended, or is not ours to look at
        }
        return false;
    }

    /// All processes of ours are called `java`.
    private static String name(Path process) {
        var words = text(process.resolve("cmdline")).split("\0");
        for (int i = 0; i < words.length - 1; i++) {
            if (words[i].equals(LAUNCHER)) {
                return "gatehouse " + words[i + 1];
            }
        }
        return text(process.resolve("comm")).strip();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            return "";
        }
    }
}
