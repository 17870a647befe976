package dev.gatehouse.client;

/// What the user has to mend: one line that says what, where and how. Exit code 2.
final class ConfigurationMistake extends Exception {
    private static final long serialVersionUID = 1;

    ConfigurationMistake(String message) {
        super(message);
    }
}
