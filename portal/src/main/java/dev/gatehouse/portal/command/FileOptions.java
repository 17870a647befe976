package dev.gatehouse.portal.command;

import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// The options that the portal and its helpers share: where its file and its data are.
public final class FileOptions {
    @Option(
            names = "--config",
            paramLabel = "<file>",
            description = "The portal's YAML file.",
            defaultValue = "${env:GATEHOUSE_PORTAL_CONFIG:-portal.yaml}")
    public Path config;

    @Option(
            names = "--data-dir",
            paramLabel = "<folder>",
            description = "Directory of the database, the audit file and the API token.",
            defaultValue = "${env:GATEHOUSE_PORTAL_DATA_DIR:-portal-data}")
    public Path dataDirectory;

    public static void requireFile(String option, Path file, String mend) throws UsageMistake {
        if (Files.isDirectory(file)) {
            throw new UsageMistake("%s: %s is a folder; name the file".formatted(option, file));
        }
        if (!Files.isReadable(file)) {
            throw new UsageMistake(
                    "%s: cannot read %s; %s"
                            .formatted(
                                    option,
                                    file,
                                    Files.isRegularFile(file) ? "check owner and mode" : mend));
        }
    }
}
