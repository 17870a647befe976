package dev.gatehouse.dataplane;

import picocli.CommandLine;

/// Runs the command in a process of its own.
final class DataplaneMain {
    private DataplaneMain() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new DataplaneCommand()).execute(arguments));
    }
}
