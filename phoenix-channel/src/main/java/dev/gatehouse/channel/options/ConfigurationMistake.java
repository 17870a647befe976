package dev.gatehouse.channel.options;

/// A setting or a host that cannot be used: what the operator has to mend, in one line that says
/// what, where and how. Exit code 2.
public final class ConfigurationMistake extends Exception {
    private static final long serialVersionUID = 1;

    public ConfigurationMistake(String message) {
        super(message);
    }
}
