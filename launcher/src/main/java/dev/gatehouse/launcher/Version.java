package dev.gatehouse.launcher;

import picocli.CommandLine.IVersionProvider;

/// The version text of every command.
final class Version implements IVersionProvider {
    static final String TEXT = "0.1.0";

    @Override
    public String[] getVersion() {
        return new String[] {"gatehouse " + TEXT};
    }
}
