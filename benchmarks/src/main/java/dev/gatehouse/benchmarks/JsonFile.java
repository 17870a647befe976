package dev.gatehouse.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;

/// What `--json FILE` writes.
public final class JsonFile {
    private JsonFile() {}

    /// Overwrites `file` with `document`, indented.
    public static void write(Path file, Object document) throws IOException {
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(file.toFile(), document);
    }
}
