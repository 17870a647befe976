package dev.gatehouse.launcher;

import dev.gatehouse.client.ClientCommand;
import dev.gatehouse.controlplane.ControlplaneCommand;
import dev.gatehouse.dataplane.DataplaneCommand;
import dev.gatehouse.portal.PortalCommand;
import dev.gatehouse.relay.RelayCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/// `gatehouse <process>`: the main class of every program.
///
/// Exit codes: 0 ok, 1 failure while running, 2 a mistake in the settings, told in one line.
@Command(
        name = "gatehouse",
        description = "A zero-trust access gateway, wire compatible with Firezone.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DataplaneCommand.class,
            ControlplaneCommand.class,
            GatewayCommand.class,
            PortalCommand.class,
            RelayCommand.class,
            ClientCommand.class,
            HealthCommand.class,
            DoctorCommand.class
        })
public final class Gatehouse implements Runnable {
    private static final int FAILED = 1;
    private static final int MISCONFIGURED = 2;

    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    /// Entry point of the JVM.
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Gatehouse())
                .setParameterExceptionHandler(Gatehouse::onMistake)
                .setExecutionExceptionHandler(Gatehouse::onFailure)
                .setCaseInsensitiveEnumValuesAllowed(true);
    }

    private static int onMistake(ParameterException mistake, String[] arguments) {
        var command = mistake.getCommandLine();
        command.getErr()
                .println(
                        "%s: %s (see %s --help)"
                                .formatted(
                                        command.getCommandSpec().qualifiedName(),
                                        mistake.getMessage(),
                                        command.getCommandSpec().qualifiedName()));
        return MISCONFIGURED;
    }

    private static int onFailure(
            Exception failure, CommandLine command, CommandLine.ParseResult result) {
        var logger = org.slf4j.LoggerFactory.getLogger(Gatehouse.class);
        logger.error("{}: {}", command.getCommandName(), failure.toString());
        logger.debug("the failure", failure);
        return FAILED;
    }

    /// Without a command there is nothing to run.
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say which process to run");
    }
}
