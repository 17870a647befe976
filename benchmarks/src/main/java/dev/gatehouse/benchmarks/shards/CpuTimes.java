package dev.gatehouse.benchmarks.shards;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// CPU seconds used so far.
///
/// @param process of the data plane
/// @param own of this process
/// @param machine of all processors
/// @param shards of the packet threads, in order
record CpuTimes(long atNs, double process, double own, double machine, List<Double> shards) {
    private static final double TICKS_PER_SECOND = 100; // USER_HZ of every Linux port
    private static final int USER_TICKS = 11; // fields of stat behind the name
    private static final int SYSTEM_TICKS = 12;
    private static final int IDLE = 3; // fields of /proc/stat
    private static final int IO_WAIT = 4;
    private static final int STEAL = 7;

    static CpuTimes read(long pid, int shards) throws IOException {
        var folder = Path.of("/proc/" + pid);
        var threads = new ArrayList<Double>();
        for (int i = 0; i < shards; i++) {
            threads.add(thread(folder.resolve("task"), "shard-" + i));
        }
        return new CpuTimes(
                System.nanoTime(),
                used(folder),
                used(Path.of("/proc/self")),
                machineSeconds(),
                threads);
    }

    private static double thread(Path tasks, String name) throws IOException {
        try (var folders = Files.newDirectoryStream(tasks)) {
            for (var folder : folders) {
                if (Files.readString(folder.resolve("comm")).strip().equals(name)) {
                    return used(folder);
                }
            }
        }
        throw new IOException("no thread " + name);
    }

    private static double used(Path folder) throws IOException {
        var stat = Files.readString(folder.resolve("stat"));
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]);
        return ticks / TICKS_PER_SECOND;
    }

    private static double machineSeconds() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/stat"))) {
            var fields = lines.findFirst().orElseThrow().substring(5).strip().split(" ");
            var ticks = Arrays.stream(fields).mapToLong(Long::parseLong).limit(STEAL).toArray();
            long used = Arrays.stream(ticks).sum() - ticks[IDLE] - ticks[IO_WAIT];
            return used / TICKS_PER_SECOND;
        }
    }
}
