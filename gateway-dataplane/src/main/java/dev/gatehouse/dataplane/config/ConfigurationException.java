package dev.gatehouse.dataplane.config;

/// A mistake of whoever runs the process. The message is one line: what, where, how to mend it.
public final class ConfigurationException extends Exception {
    private static final long serialVersionUID = 1;

    public ConfigurationException(String message) {
        super(message);
    }
}
