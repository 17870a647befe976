package dev.gatehouse.launcher;

import java.util.ArrayList;
import java.util.List;

/// The command line of a child JVM: this Java, this class path, these flags.
///
/// @param prefix a program that starts the JVM, with its options; may be empty
/// @param flags of the JVM
record ChildCommand(String java, String classPath, List<String> prefix, List<String> flags) {
    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    List<String> of(String process) {
        var command = new ArrayList<>(prefix);
        command.add(java);
        command.addAll(flags);
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

    /// The module makes a start slower; only packets need it.
    ChildCommand withoutVectorModule() {
        var kept = flags.stream().filter(flag -> !flag.contains(VECTOR_MODULE)).toList();
        return new ChildCommand(java, classPath, prefix, kept);
    }
}
