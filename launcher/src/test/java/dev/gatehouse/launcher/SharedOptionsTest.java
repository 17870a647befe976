package dev.gatehouse.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.AnnotatedElement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/// What several processes are told, they are told in the same words.
class SharedOptionsTest {
    private static final List<String> PROCESSES =
            List.of("client", "relay", "controlplane", "gateway", "dataplane", "portal");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{env:(\\w+):-.*}");

    @ParameterizedTest
    @CsvSource({
        "client,       -i --firezone-id --firezone-name -u --api-url --ca-file",
        "client,       --udp-send-buffer-size --udp-recv-buffer-size --offload --aead",
        "client,       --token-path --max-partition-time --tun-name --check",
        "relay,        --firezone-token --firezone-name --api-url --ca-file --health-check-addr",
        "controlplane, --token -i --firezone-id --firezone-name -u --api-url --ca-file",
        "controlplane, --health-check-addr --max-partition-time --rpc-socket --check",
        "gateway,      --token -i --firezone-id --firezone-name -u --api-url",
        "gateway,      --health-check-addr --max-partition-time --rpc-socket",
        "dataplane,    --udp-send-buffer-size --udp-recv-buffer-size --offload --aead",
        "dataplane,    --rpc-socket --tun-name --http --check",
        "portal,       --config --data-dir --listen --api-token --check"
    })
    void eachProcessTellsOfTheOptionsItShares(String process, String names) {
        assertThat(helpOf(process).split("[\\s,=\\[]+")).contains(names.split(" "));
    }

    @Test
    void optionsOfOneVariableAreOneOption() {
        var variables = List.of("GATEHOUSE_CA_FILE", "FIREZONE_ID", "GATEHOUSE_OFFLOAD");
        for (var variable : variables) {
            assertThat(declarations(variable)).as(variable).hasSize(1);
        }
        assertThat(declarations("FIREZONE_UDP_SEND_BUFFER_SIZE")).hasSize(1);
        assertThat(declarations("FIREZONE_UDP_RECV_BUFFER_SIZE")).hasSize(1);
        assertThat(declarations("HEALTH_CHECK_ADDR")).hasSize(2); // health asks, others listen
    }

    @Test
    void whatIsOnTheCommandLineOfSeveralHasOneLabel() {
        for (var name : List.of("--api-url", "--firezone-name", "--aead", "--tun-name")) {
            var labels = new TreeSet<String>();
            PROCESSES.forEach(
                    process ->
                            options(process).stream()
                                    .filter(option -> List.of(option.names()).contains(name))
                                    .forEach(option -> labels.add(option.paramLabel())));
            assertThat(labels).as(name).hasSize(1);
        }
    }

    /// Otherwise the parser shows the name of a field.
    @Test
    void eachValueHasALabelOfItsOwn() {
        for (var process : PROCESSES) {
            for (var option : options(process)) {
                if (!option.hidden() && option.arity().max() > 0) {
                    assertThat(declaration(option).map(Option::paramLabel))
                            .as("%s %s", process, option.longestName())
                            .hasValueSatisfying(label -> assertThat(label).startsWith("<"));
                }
            }
        }
    }

    private static String helpOf(String process) {
        var out = new StringWriter();
        var line = Gatehouse.commandLine().setOut(new PrintWriter(out));
        assertThat(line.execute(process, "--help")).isZero();
        return out.toString();
    }

    /// The fields that read a variable, in all commands.
    private static Set<String> declarations(String variable) {
        var fields = new TreeSet<String>();
        for (var command : Gatehouse.commandLine().getSubcommands().values()) {
            for (var option : command.getCommandSpec().options()) {
                var read =
                        VARIABLE.matcher(declaration(option).map(Option::defaultValue).orElse(""));
                if (read.matches() && read.group(1).equals(variable)) {
                    fields.add(option.userObject().toString());
                }
            }
        }
        return fields;
    }

    private static Optional<Option> declaration(OptionSpec option) {
        return option.userObject() instanceof AnnotatedElement field
                ? Optional.ofNullable(field.getAnnotation(Option.class))
                : Optional.empty();
    }

    private static List<OptionSpec> options(String process) {
        CommandLine command = Gatehouse.commandLine(process).getSubcommands().get(process);
        return command.getCommandSpec().options();
    }
}
