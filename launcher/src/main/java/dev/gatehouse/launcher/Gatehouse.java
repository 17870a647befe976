package dev.gatehouse.launcher;

import dev.gatehouse.client.ClientCommand;
import dev.gatehouse.controlplane.ControlplaneCommand;
import dev.gatehouse.dataplane.DataplaneCommand;
import dev.gatehouse.portal.PortalCommand;
import dev.gatehouse.relay.RelayCommand;
import java.security.Security;
import java.util.List;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
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
        synopsisSubcommandLabel = "COMMAND")
public final class Gatehouse implements Runnable {
    private static final int FAILED = 1;
    private static final int MISCONFIGURED = 2;
    private static final String CLIENT = "client";

    private static final List<Class<?>> COMMANDS =
            List.of(
                    DataplaneCommand.class,
                    ControlplaneCommand.class,
                    GatewayCommand.class,
                    PortalCommand.class,
                    RelayCommand.class,
                    ClientCommand.class,
                    HealthCommand.class,
                    DoctorCommand.class);

    @CommandLine.Spec private CommandSpec spec;

    /// Entry point of the JVM.
    public static void main(String[] arguments) {
        resolveAnew();
        Thread.setDefaultUncaughtExceptionHandler(Gatehouse::onEndOfThread);
        var line = commandLine(arguments);
        if (arguments.length > 0 && arguments[0].equals(CLIENT)) {
            ClientCommand.prepare(List.of(arguments).subList(1, arguments.length));
        }
        var mistake =
                Logging.mistake(System.getenv())
                        .or(() -> new VariableDefaults(System::getenv).mistake(named(line)));
        if (mistake.isPresent()) {
            line.getErr().println(named(line).qualifiedName() + ": " + mistake.get());
            System.exit(MISCONFIGURED);
        }
        System.exit(line.execute(arguments));
    }

    /// The command that was named, if one was.
    private static CommandSpec named(CommandLine line) {
        var commands = List.copyOf(line.getSubcommands().values());
        return (commands.size() == 1 ? commands.getFirst() : line).getCommandSpec();
    }

    private static void onEndOfThread(Thread thread, Throwable failure) {
        org.slf4j.LoggerFactory.getLogger(Gatehouse.class)
                .error("thread {} failed", thread.getName(), failure);
    }

    /// A name is resolved for each attempt to reach the portal (portal-channel.md 9.2): Java would
    /// remember an address for 30 s, and for 10 s that there was none. Must come before the first
    /// look-up.
    static void resolveAnew() {
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
    }

    /// The command that `arguments` begin with, alone: reading the options of all of them takes a
    /// third of a second of every start. All commands if none is named.
    public static CommandLine commandLine(String... arguments) {
        return commandLine(System::getenv, arguments);
    }

    static CommandLine commandLine(UnaryOperator<String> environment, String... arguments) {
        var line = new CommandLine(new Gatehouse());
        commands(arguments).forEach(line::addSubcommand);
        return line.setHelpFactory(OptionHelp::new)
                .setDefaultValueProvider(new VariableDefaults(environment))
                .setParameterExceptionHandler(Gatehouse::onMistake)
                .setExecutionExceptionHandler(Gatehouse::onFailure)
                .setCaseInsensitiveEnumValuesAllowed(true);
    }

    private static List<Class<?>> commands(String... arguments) {
        var named =
                COMMANDS.stream()
                        .filter(
                                command ->
                                        arguments.length > 0
                                                && command.getAnnotation(Command.class)
                                                        .name()
                                                        .equals(arguments[0]))
                        .toList();
        return named.isEmpty() ? COMMANDS : named;
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
        if (isEnding()) {
            logger.debug("ended while it started", failure);
            return FAILED; // whoever ends it has set the code already
        }
        logger.error("{} failed", command.getCommandName(), failure);
        return FAILED;
    }

    /// Whether a signal is ending the JVM: what it was about to start then fails with whatever it
    /// was at, which tells nobody anything.
    private static boolean isEnding() {
        try {
            Runtime.getRuntime().removeShutdownHook(new Thread(() -> {}));
            return false;
        } catch (IllegalStateException _) {
            return true;
        }
    }

    /// Without a command there is nothing to run.
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say which process to run");
    }
}
