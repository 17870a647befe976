package dev.gatehouse.portal.config;

import dev.gatehouse.portal.directory.Directory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The portal's YAML file, read again whenever its text changed.
public final class ConfigFile {
    private static final long LENGTH_MAX = 16L << 20;

    private final Path path;
    private String lastText = "";

    public ConfigFile(Path path) {
        this.path = path;
    }

    /// Reads the file unconditionally.
    public Directory read() throws IOException, ConfigMistake {
        lastText = text();
        return DirectoryReader.read(lastText);
    }

    /// Returns the directory if the text is another one than at the last call.
    public Optional<Directory> readIfChanged() throws IOException, ConfigMistake {
        String text = text();
        if (text.equals(lastText)) {
            return Optional.empty();
        }
        lastText = text;
        return Optional.of(DirectoryReader.read(text));
    }

    private String text() throws IOException {
        if (Files.size(path) > LENGTH_MAX) {
            throw new IOException(path + " is larger than 16 MiB");
        }
        return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
    }

    public String name() {
        return path.toString();
    }
}
