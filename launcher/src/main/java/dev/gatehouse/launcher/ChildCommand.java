package dev.gatehouse.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The command line of a child JVM: this Java, this class path, these flags.
///
/// @param prefix a program that starts the JVM, with its options; may be empty
/// @param flags of the JVM
record ChildCommand(String java, String classPath, List<String> prefix, List<String> flags) {
    private static final String VECTOR_MODULE = "jdk.incubator.vector";
    private static final String AOT_CACHE = "-XX:AOTCache=";
    private static final String AOT_RECORD = "-XX:AOTConfiguration=";
    private static final String CLASS_LIST = "-XX:DumpLoadedClassList=";

    List<String> of(String process) {
        var command = new ArrayList<>(prefix);
        command.add(java);
        flags.stream().flatMap(flag -> flagFor(process, flag)).forEach(command::add);
        command.add("-cp");
        command.add(classPath);
        command.add(Gatehouse.class.getName());
        command.add(process);
        return List.copyOf(command);
    }

    ChildCommand withPrefix(List<String> other) {
        return new ChildCommand(java, classPath, other, flags);
    }

    ChildCommand plus(List<String> more) {
        var all = new ArrayList<>(flags);
        all.addAll(more);
        return new ChildCommand(java, classPath, prefix, all);
    }

    /// The module makes a start slower; only the packets of a data plane need it.
    ChildCommand withVectorModule(boolean wanted) {
        var kept =
                new ArrayList<>(
                        flags.stream().filter(flag -> !flag.contains(VECTOR_MODULE)).toList());
        if (wanted) {
            kept.addFirst("--add-modules=" + VECTOR_MODULE);
        }
        return new ChildCommand(java, classPath, prefix, kept);
    }

    /// A start-up cache belongs to one process: each has its own, in the same folder. A list of
    /// loaded classes is written by one process.
    private static Stream<String> flagFor(String process, String flag) {
        if (flag.startsWith(CLASS_LIST)) {
            return Stream.empty();
        }
        if (flag.startsWith(AOT_CACHE)) {
            var cache = sibling(flag, AOT_CACHE, process + ".aot");
            return Files.isReadable(cache) ? Stream.of(AOT_CACHE + cache) : Stream.empty();
        }
        return flag.startsWith(AOT_RECORD)
                ? Stream.of(AOT_RECORD + sibling(flag, AOT_RECORD, process + ".aotconf"))
                : Stream.of(flag);
    }

    private static Path sibling(String flag, String option, String name) {
        return Path.of(flag.substring(option.length())).resolveSibling(name);
    }
}
