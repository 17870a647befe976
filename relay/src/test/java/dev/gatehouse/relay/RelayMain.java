package dev.gatehouse.relay;

import picocli.CommandLine;

/// Runs the command as a process of its own.
final class RelayMain {
    private RelayMain() {}

    static void main(String[] args) {
        System.exit(new CommandLine(new RelayCommand()).execute(args));
    }
}
