package dev.gatehouse.relay;

import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.transport.process.Termination;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The command line of the relay process.
@Command(
        name = "relay",
        mixinStandardHelpOptions = true,
        version = "gatehouse 0.1.0",
        description =
                "Relays between clients and gateways that cannot reach each other (STUN and TURN).")
public final class RelayCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RelayCommand.class);

    private static final int CONFIGURATION_MISTAKE = 2;

    @Mixin private RelayOptions options;

    @Mixin private IgnoredOptions ignored;

    @Option(
            names = "--check",
            description = "Check the settings, say what is wrong with them, and exit.")
    private boolean check;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        try {
            var settings = options.toSettings();
            warnOfIgnored();
            return check ? 0 : run(settings);
        } catch (ConfigurationMistake e) {
            spec.commandLine().getErr().println("gatehouse relay: " + e.getMessage());
            return CONFIGURATION_MISTAKE;
        }
    }

    private void warnOfIgnored() {
        List<String> names = new ArrayList<>(ignored.given());
        if (!names.isEmpty()) {
            LOG.warn("this relay has no use for {}: ignored", String.join(", ", names));
        }
    }

    private static int run(RelaySettings settings)
            throws ConfigurationMistake, InterruptedException {
        try (var termination = Termination.install();
                var relay = RelayProcess.start(settings)) {
            termination.onSignal(relay::stop);
            return relay.awaitExit();
        }
    }
}
