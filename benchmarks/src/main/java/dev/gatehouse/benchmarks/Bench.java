package dev.gatehouse.benchmarks;

import dev.gatehouse.benchmarks.core.HandshakeBench;
import dev.gatehouse.benchmarks.core.PeersBench;
import dev.gatehouse.benchmarks.relay.RelayBench;
import dev.gatehouse.benchmarks.shards.ShardBench;
import dev.gatehouse.benchmarks.tunnel.IdleBench;
import dev.gatehouse.benchmarks.tunnel.StartBench;
import dev.gatehouse.benchmarks.tunnel.TunnelBench;
import dev.gatehouse.demo.CommandLines;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `./run bench NAME`: whole-system benchmarks. Without a name: the list.
@Command(
        name = "bench",
        description =
                "Benchmarks of the whole system, each against a peer in the same run. Needs root.",
        mixinStandardHelpOptions = true,
        version = "gatehouse 0.1.0",
        subcommands = {
            TunnelBench.class,
            RelayBench.class,
            HandshakeBench.class,
            PeersBench.class,
            ShardBench.class,
            StartBench.class,
            IdleBench.class,
            JmhBench.class
        })
public final class Bench implements Runnable {
    public static void main(String[] arguments) throws IOException {
        if (arguments.length > 1 && arguments[0].equals(JmhBench.NAME)) {
            JmhBench.run(arguments);
            return;
        }
        System.exit(CommandLines.execute(new Bench(), arguments));
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
