package dev.gatehouse.benchmarks.common;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.gatehouse.demo.CommandLines;
import dev.gatehouse.demo.Enclosure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// The options of every benchmark but those of JMH. What `--quick` leaves out, each benchmark tells
/// at the end of its help.
public final class CommonOptions {
    @Option(names = "--quick", description = "ends within two minutes: see below")
    private boolean quick;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            converter = CommandLines.ResultFile.class,
            description = "write the result to FILE as JSON")
    private Optional<Path> json = Optional.empty();

    @Option(names = "--inside", hidden = true)
    private boolean inside;

    public boolean isQuick() {
        return quick;
    }

    /// Whether this process is in the benchmark's own namespaces: see [#enclose].
    public boolean isInside() {
        return inside;
    }

    /// Runs the benchmark of `spec` again in namespaces of its own, with `--inside`; returns its
    /// exit status.
    public static int enclose(CommandSpec spec) {
        var arguments = new ArrayList<>(List.of(spec.name(), "--inside"));
        spec.commandLine().getParseResult().originalArgs().stream()
                .filter(argument -> !argument.equals(spec.name()))
                .forEach(arguments::add);
        Class<?> main = spec.root().userObject().getClass();
        return Enclosure.run(main, arguments, "bench-" + ProcessHandle.current().pid());
    }

    /// Writes the result to the file that was named, if one was: over what is there, indented.
    public void writeResult(Object document) throws IOException {
        if (json.isPresent()) {
            new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValue(json.get().toFile(), document);
        }
    }
}
