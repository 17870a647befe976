package dev.gatehouse.portal.command;

import dev.gatehouse.portal.config.ConfigFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `portal check FILE`: tells the first mistake of a portal file with its line, or nothing.
@Command(name = "check", description = "Checks a portal file.", mixinStandardHelpOptions = true)
public final class PortalCheckCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            defaultValue = "${env:GATEHOUSE_PORTAL_CONFIG:-portal.yaml}",
            description = "The file (default: ${DEFAULT-VALUE}).")
    private Path file;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        return CommandReport.reporting(
                spec,
                file,
                () -> {
                    FileOptions.requireFile("FILE", file, "`portal init` writes a first one");
                    var directory = new ConfigFile(file).read();
                    spec.commandLine()
                            .getOut()
                            .printf(
                                    "%s: %d sites, %d actors, %d tokens, %d resources, %d rules%n",
                                    file,
                                    directory.sites().size(),
                                    directory.actors().size(),
                                    directory.tokens().size(),
                                    directory.resources().size(),
                                    directory.policies().size());
                    spec.commandLine().getOut().flush();
                    return CommandReport.OK;
                });
    }
}
