package dev.gatehouse.containers.compose;

import dev.gatehouse.client.ClientCommand;
import dev.gatehouse.controlplane.ControlplaneCommand;
import dev.gatehouse.dataplane.DataplaneCommand;
import dev.gatehouse.launcher.Gatehouse;
import dev.gatehouse.portal.PortalCommand;
import dev.gatehouse.relay.RelayCommand;
import java.lang.reflect.AnnotatedElement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/// An environment variable that one of the processes reads.
///
/// @param process as the tables of settings call it
/// @param hidden from `--help`
record Setting(String variable, String process, String byDefault, boolean hidden) {
    private static final Pattern FROM_VARIABLE = Pattern.compile("\\$\\{env:(\\w+):-(.*)}");

    /// Read without an option: by logging, and by the client, whose token is on no command line.
    static final Set<String> WITHOUT_OPTION =
            Set.of(
                    "FIREZONE_TOKEN",
                    "GATEHOUSE_LOG_LEVEL",
                    "GATEHOUSE_LOG_FORMAT",
                    "RUST_LOG",
                    "LOG_FORMAT");

    static List<Setting> all() {
        var settings = new ArrayList<Setting>();
        collect(new ControlplaneCommand(), "control plane", settings);
        collect(new DataplaneCommand(), "data plane", settings);
        collect(new RelayCommand(), "relay", settings);
        collect(new ClientCommand(), "client", settings);
        collect(new PortalCommand(), "portal", settings);
        var launched = Gatehouse.commandLine().getSubcommands();
        collect(launched.get("gateway").getCommand(), "gateway", settings);
        collect(launched.get("health").getCommand(), "health", settings);
        return settings;
    }

    private static void collect(Object command, String process, List<Setting> into) {
        for (var option : new CommandLine(command).getCommandSpec().options()) {
            defaultOf(option)
                    .map(FROM_VARIABLE::matcher)
                    .filter(Matcher::matches)
                    .map(m -> new Setting(m.group(1), process, m.group(2), option.hidden()))
                    .ifPresent(into::add);
        }
    }

    /// As it is written in the source: picocli shows it with the variables of this machine.
    private static Optional<String> defaultOf(OptionSpec option) {
        return option.userObject() instanceof AnnotatedElement element
                ? Optional.ofNullable(element.getAnnotation(Option.class)).map(Option::defaultValue)
                : Optional.empty();
    }
}
