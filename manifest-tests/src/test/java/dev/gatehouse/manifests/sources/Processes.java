package dev.gatehouse.manifests.sources;

import dev.gatehouse.launcher.Gatehouse;
import dev.gatehouse.testkit.manifests.Checkout;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import picocli.CommandLine;

/// What the processes themselves know: their variables with defaults, from their command lines.
public final class Processes {
    /// `${env:NAME:-default}` of an option.
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{env:(\\w+)(?::-([^}]*))?}");

    private static final Map<String, String> MODULES =
            Map.of(
                    "dataplane", "gateway-dataplane",
                    "controlplane", "gateway-controlplane",
                    "relay", "relay",
                    "portal", "portal",
                    "client", "client");

    /// Where each process takes the address of its probes and metrics from.
    private static final Map<String, String> HTTP =
            Map.of(
                    "dataplane", "GATEHOUSE_DATAPLANE_HTTP",
                    "controlplane", "HEALTH_CHECK_ADDR",
                    "relay", "HEALTH_CHECK_ADDR",
                    "portal", "GATEHOUSE_PORTAL_LISTEN");

    private Processes() {}

    public static Set<String> all() {
        return new TreeSet<>(MODULES.keySet());
    }

    /// The variables of a process and their defaults; what logging reads belongs to each.
    public static Map<String, String> variables(String process) {
        var line = Gatehouse.commandLine().setInterpolateVariables(false);
        var command = line.getSubcommands().get(process);
        var variables = new TreeMap<String, String>();
        collect(command, variables);
        for (String name : Checkout.literals("launcher")) {
            if (name.startsWith("GATEHOUSE_LOG_")) {
                variables.put(name, "");
            }
        }
        readDirectly(process).forEach(name -> variables.putIfAbsent(name, ""));
        return variables;
    }

    private static void collect(CommandLine command, Map<String, String> variables) {
        for (var option : command.getCommandSpec().options()) {
            var text = String.valueOf(option.defaultValue());
            VARIABLE.matcher(text)
                    .results()
                    .forEach(found -> variables.put(found.group(1), defaultOf(found)));
        }
        command.getSubcommands().values().forEach(one -> collect(one, variables));
    }

    private static String defaultOf(MatchResult found) {
        return found.group(2) == null ? "" : found.group(2);
    }

    /// Variables that a process reads past its options.
    private static Set<String> readDirectly(String process) {
        var names = new TreeSet<String>();
        Checkout.matches(MODULES.get(process), Pattern.compile("System\\.getenv\\(\"(\\w+)\"\\)"))
                .forEach(names::add);
        return names;
    }

    /// The variable with the address of probes and metrics.
    public static String httpVariable(String process) {
        return HTTP.get(process);
    }

    /// Every path and every name that the main code of a process spells out.
    public static Set<String> literals(String process) {
        return Checkout.literals(MODULES.get(process));
    }
}
