package dev.gatehouse.client;

import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.client.resolver.Leftovers;
import dev.gatehouse.client.status.StatusCommand;
import dev.gatehouse.transport.process.Termination;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The command line of the client process.
@Command(
        name = "client",
        mixinStandardHelpOptions = true,
        subcommands = StatusCommand.class,
        description = {
            "Connects this host to the resources that a portal grants it.",
            "FIREZONE_TOKEN holds the token, or the name of a file with it."
        })
public final class ClientCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ClientCommand.class);
    private static final int CONFIGURATION_MISTAKE = 2;
    private static final List<String> NOT_STARTING =
            List.of("status", "-h", "--help", "-V", "--version");

    @Mixin private ClientOptions options;

    @Option(
            names = "--check",
            description = "Check the settings, say what is wrong with them, and exit.")
    private boolean check;

    @Option(
            names = "--status-socket",
            paramLabel = "<path>",
            defaultValue = StatusCommand.SOCKET,
            description = "Where `status` asks.")
    private Path statusSocket;

    @Parameters(arity = "0..1", hidden = true, description = "`standalone`, of old command lines.")
    private String standalone;

    @Spec private CommandSpec spec;

    /// To be called before anything else, whatever the settings are: a run that was killed may have
    /// left the host without names.
    ///
    /// @param arguments those behind the name of the process
    public static void prepare(List<String> arguments) {
        if (Collections.disjoint(arguments, NOT_STARTING)) {
            Leftovers.putBack(arguments, System::getenv);
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        try {
            if (standalone != null && !standalone.equals("standalone")) {
                throw new ConfigurationMistake(
                        "unknown word \"%s\": see gatehouse client --help".formatted(standalone));
            }
            var settings = options.toSettings(statusSocket);
            warnOfIgnored();
            return check ? 0 : run(settings);
        } catch (ConfigurationMistake e) {
            spec.commandLine().getErr().println("gatehouse client: " + e.getMessage());
            return CONFIGURATION_MISTAKE;
        }
    }

    private void warnOfIgnored() {
        var names = options.ignored();
        if (!names.isEmpty()) {
            LOG.warn("this client has no use for {}: ignored", String.join(", ", names));
        }
    }

    private static int run(ClientSettings settings)
            throws ConfigurationMistake, InterruptedException {
        try (var termination = Termination.install();
                var client = ClientProcess.start(settings)) {
            termination.onSignal(client::stop);
            return client.awaitExit();
        }
    }
}
