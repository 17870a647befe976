package dev.gatehouse.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.gatehouse.demo.CommandLines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
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

    /// Whether this process is in the benchmark's own namespaces: see [Bench#enclosed].
    public boolean isInside() {
        return inside;
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
