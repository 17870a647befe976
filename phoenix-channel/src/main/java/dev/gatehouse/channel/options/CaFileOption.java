package dev.gatehouse.channel.options;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// `--ca-file` of every process that dials a portal.
public final class CaFileOption {
    @Option(
            names = "--ca-file",
            paramLabel = "<file>",
            defaultValue = "${env:GATEHOUSE_CA_FILE:-}",
            description = "PEM certificates that vouch for the portal, instead of the system's.")
    private String caFile;

    /// Empty if none is set.
    public Optional<Path> file() throws ConfigurationMistake {
        return PortalSettings.caFile("GATEHOUSE_CA_FILE", caFile);
    }
}
