package dev.gatehouse.portal.config;

import java.util.function.Supplier;

/// A mistake in the configuration file: where it is, what it is, how to mend it.
public final class ConfigMistake extends Exception {
    private static final long serialVersionUID = 1;

    private final int line;
    private final int column;

    ConfigMistake(int line, int column, String message) {
        super(message);
        this.line = line;
        this.column = column;
    }

    static ConfigMistake at(YamlNode node, String message, Object... arguments) {
        return new ConfigMistake(node.line(), node.column(), message.formatted(arguments));
    }

    /// Runs `check`; what it says of its argument becomes a mistake at this place.
    static <E> E valid(YamlNode place, Supplier<E> check) throws ConfigMistake {
        try {
            return check.get();
        } catch (IllegalArgumentException e) {
            throw at(place, "%s", e.getMessage());
        }
    }

    public int line() {
        return line;
    }

    public int column() {
        return column;
    }

    /// `portal.yaml:12:5: what; how`.
    public String oneLine(String file) {
        return "%s:%d:%d: %s".formatted(file, line, column, getMessage());
    }
}
