package dev.gatehouse.benchmarks;

import java.io.IOException;
import java.util.Arrays;
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
        Main.main(Arrays.copyOfRange(arguments, 1, arguments.length));
    }

    @Override
    public Integer call() throws IOException {
        Main.main(new String[0]);
        return 0;
    }
}
