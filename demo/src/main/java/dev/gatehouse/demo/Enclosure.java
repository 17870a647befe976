package dev.gatehouse.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/// Runs a main class of ours as the first process of fresh network, mount and process namespaces.
///
/// Nothing that it makes outlives it: when it ends, or this JVM does, however hard, the kernel
/// removes its processes, devices, rules and mounts.
public final class Enclosure {
    /// Set for every process inside; the host is searched for it afterwards.
    public static final String MARK = "GATEHOUSE_LAB";

    /// `/run` and `/media` of the enclosure are its own.
    private static final String SET_UP =
            """
            mount -t tmpfs tmpfs /run
            mkdir /run/netns
            mount -t tmpfs tmpfs /media
            mkdir /media/lab
            exec "$@"
            """;

    /// Libraries unpack native code into this folder: it is gone with the enclosure.
    static final String OWN_TEMPORARY_FILES = "-Djava.io.tmpdir=/media/lab";

    private Enclosure() {}

    /// Runs `main` with `arguments` and returns its exit status.
    public static int run(Class<?> main, List<String> arguments, String mark) {
        return run(main, arguments, mark, _ -> {});
    }

    /// @param onStart gets the id of a process in the network and mount namespaces
    static int run(Class<?> main, List<String> arguments, String mark, LongConsumer onStart) {
        var command =
                new ArrayList<>(
                        List.of(
                                "unshare",
                                "--net",
                                "--mount",
                                "--pid",
                                "--fork",
                                "--kill-child",
                                "--mount-proc",
                                "--",
                                "sh",
                                "-e",
                                "-c",
                                SET_UP,
                                "lab"));
        command.addAll(java(main.getName()));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put(MARK, mark);
        try {
            var process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            onStart.accept(process.pid());
            return process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    /// The folder of the lab, inside.
    public static Path folder() {
        return Path.of("/media/lab");
    }

    /// The checkout whose `run` and build are used.
    static Path root() {
        return Path.of(System.getenv("GATEHOUSE_ROOT"));
    }

    /// The command that starts a main class with this JVM's java, flags and class path.
    public static List<String> java(String main, String... flags) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("@" + root().resolve("config").resolve("jvm.args"));
        command.add(OWN_TEMPORARY_FILES);
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        return command;
    }
}
