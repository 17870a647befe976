package dev.gatehouse.benchmarks;

import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.crypto.Aeads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.Main;
import picocli.CommandLine.Command;

/// Stands in the list of benchmarks; what follows its name is for JMH alone, see [#run].
@Command(
        name = JmhBench.NAME,
        description = "Hot methods by themselves: bench jmh Aead -prof gc; bench jmh -h for more.")
final class JmhBench implements Callable<Integer> {
    static final String NAME = "jmh";

    /// @param arguments the name of this benchmark, then a pattern and options of JMH
    static void run(String[] arguments) throws IOException {
        var rest = List.of(arguments).subList(1, arguments.length);
        var working = Aeads.NAMES.stream().filter(JmhBench::works).toList();
        Aeads.NAMES.stream()
                .filter(name -> !working.contains(name))
                .forEach(name -> System.err.printf("bench: no AEAD \"%s\" here: left out%n", name));
        Main.main(withAeads(rest, working).toArray(String[]::new));
    }

    private static boolean works(String name) {
        var aead = Aeads.open(name);
        aead.ifPresent(Aead::close);
        return aead.isPresent();
    }

    /// What JMH is given: the implementations that the machine has, unless the caller names some.
    static List<String> withAeads(List<String> arguments, List<String> working) {
        if (arguments.stream().anyMatch(word -> word.contains(AeadBenchmark.PARAMETER + "="))) {
            return arguments;
        }
        var all = new ArrayList<>(arguments);
        all.addAll(List.of("-p", AeadBenchmark.PARAMETER + "=" + String.join(",", working)));
        return List.copyOf(all);
    }

    @Override
    public Integer call() throws IOException {
        Main.main(new String[0]);
        return 0;
    }
}
