package dev.gatehouse.portal.config;

import java.util.List;

/// A YAML value that remembers its place; lines and columns count from 1.
sealed interface YamlNode {
    int line();

    int column();

    record Scalar(int line, int column, String text) implements YamlNode {}

    record Sequence(int line, int column, List<YamlNode> items) implements YamlNode {}

    record Mapping(int line, int column, List<Entry> entries) implements YamlNode {}

    /// The key's own place, for mistakes in the key.
    record Entry(Scalar key, YamlNode value) {}

    /// An empty value: `key:` with nothing behind it.
    record Empty(int line, int column) implements YamlNode {}

    default String kind() {
        return switch (this) {
            case Scalar _ -> "a value";
            case Sequence _ -> "a list";
            case Mapping _ -> "a mapping";
            case Empty _ -> "nothing";
        };
    }
}
