package dev.gatehouse.benchmarks.shards;

import dev.gatehouse.demo.Host;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/// A thread whose sockets are those of one machine of the lab.
final class NamespaceThread {
    /// What it does.
    interface Body {
        void run() throws Exception;
    }

    private static final int CLONE_NEWNET = 0x4000_0000;

    private NamespaceThread() {}

    /// Ends the benchmark if the body fails.
    static Thread start(Host host, String name, Body body) {
        return Thread.ofPlatform().daemon().name(name).start(() -> runInside(host, body));
    }

    private static void runInside(Host host, Body body) {
        try {
            enter("/run/netns/" + host.name());
            body.run();
        } catch (Throwable e) { // the thread's top
            e.printStackTrace();
            System.exit(1);
        }
    }

    @SuppressWarnings("restricted") // system calls: no other way into a namespace of one thread
    private static void enter(String path) throws Throwable {
        var linker = Linker.nativeLinker();
        var lookup = linker.defaultLookup();
        var open =
                linker.downcallHandle(
                        lookup.find("open").orElseThrow(),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                        Linker.Option.firstVariadicArg(2));
        var setns =
                linker.downcallHandle(
                        lookup.find("setns").orElseThrow(),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (var arena = Arena.ofConfined()) {
            int fd = (int) open.invokeExact(arena.allocateFrom(path), 0);
            if (fd < 0 || (int) setns.invokeExact(fd, CLONE_NEWNET) != 0) {
                throw new IllegalStateException("cannot enter " + path);
            }
        }
    }
}
