package dev.gatehouse.dataplane;

/// A mistake of whoever runs the process. The message is one line: what, where, how to mend it.
final class ConfigurationException extends Exception {
    private static final long serialVersionUID = 1;

    ConfigurationException(String message) {
        super(message);
    }
}
