package dev.gatehouse.benchmarks.relay;

import dev.gatehouse.relay.RelayCommand;
import picocli.CommandLine;

/// The relay as a process, for the benchmark to start.
public final class GatehouseRelay {
    private GatehouseRelay() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RelayCommand()).execute(arguments));
    }
}
