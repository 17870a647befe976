package dev.gatehouse.benchmarks;

import dev.gatehouse.benchmarks.relay.RelayBench;
import dev.gatehouse.benchmarks.tunnel.TunnelBench;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `./run bench NAME`: whole-system benchmarks. Without a name: the list.
@Command(
        name = "bench",
        description =
                "Benchmarks of the whole system, each against a peer in the same run. Needs root.",
        mixinStandardHelpOptions = true,
        version = "gatehouse 0.1.0",
        subcommands = {TunnelBench.class, RelayBench.class})
public final class Bench implements Runnable {
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Bench()).execute(arguments));
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
