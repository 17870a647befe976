package dev.gatehouse.portal.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/// Typed, strict access to one mapping: keys that are not named on construction are refused.
final class Section {
    private final YamlNode.Mapping node;
    private final String what;

    Section(YamlNode node, String what, String... keys) throws ConfigMistake {
        if (!(node instanceof YamlNode.Mapping mapping)) {
            throw ConfigMistake.at(
                    node,
                    "%s must be a mapping with %s, found %s",
                    what,
                    String.join(", ", keys),
                    node.kind());
        }
        this.node = mapping;
        this.what = what;
        for (var entry : mapping.entries()) {
            refuseUnknown(entry.key(), Arrays.asList(keys));
        }
    }

    private void refuseUnknown(YamlNode.Scalar key, List<String> keys) throws ConfigMistake {
        if (!keys.contains(key.text())) {
            throw ConfigMistake.at(
                    key,
                    "unknown key \"%s\" in %s; known keys: %s",
                    key.text(),
                    what,
                    String.join(", ", keys));
        }
    }

    YamlNode place() {
        return node;
    }

    Optional<YamlNode> value(String key) {
        return node.entries().stream()
                .filter(e -> e.key().text().equals(key))
                .map(YamlNode.Entry::value)
                .filter(v -> !(v instanceof YamlNode.Empty))
                .findFirst();
    }

    YamlNode required(String key) throws ConfigMistake {
        var value = value(key);
        if (value.isEmpty()) {
            throw ConfigMistake.at(node, "%s has no %s; add \"%s: …\"", what, key, key);
        }
        return value.get();
    }

    YamlNode.Scalar requiredText(String key) throws ConfigMistake {
        return text(required(key), key);
    }

    Optional<YamlNode.Scalar> text(String key) throws ConfigMistake {
        var value = value(key);
        return value.isEmpty() ? Optional.empty() : Optional.of(text(value.get(), key));
    }

    private YamlNode.Scalar text(YamlNode value, String key) throws ConfigMistake {
        if (value instanceof YamlNode.Scalar scalar && !scalar.text().isBlank()) {
            return scalar;
        }
        throw ConfigMistake.at(value, "%s of %s must be a text, found %s", key, what, value.kind());
    }

    List<YamlNode> list(String key) throws ConfigMistake {
        var value = value(key);
        if (value.isEmpty()) {
            return List.of();
        }
        if (value.get() instanceof YamlNode.Sequence sequence) {
            return sequence.items();
        }
        throw ConfigMistake.at(
                value.get(), "%s of %s must be a list: start each line with \"- \"", key, what);
    }

    List<YamlNode.Scalar> texts(String key) throws ConfigMistake {
        var texts = new ArrayList<YamlNode.Scalar>();
        for (var item : list(key)) {
            texts.add(text(item, "an item of " + key));
        }
        return texts;
    }

    boolean flag(String key, boolean otherwise) throws ConfigMistake {
        var value = text(key);
        if (value.isEmpty()) {
            return otherwise;
        }
        return switch (value.get().text()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw ConfigMistake.at(value.get(), "%s must be true or false", key);
        };
    }

    /// A constant of an enum, written in lower case.
    <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) throws ConfigMistake {
        var value = text(key);
        return value.isEmpty() ? otherwise : choice(value.get(), key, type);
    }

    <E extends Enum<E>> E requiredChoice(String key, Class<E> type) throws ConfigMistake {
        return choice(requiredText(key), key, type);
    }

    private static <E extends Enum<E>> E choice(YamlNode.Scalar value, String key, Class<E> type)
            throws ConfigMistake {
        var names = new ArrayList<String>();
        for (var constant : type.getEnumConstants()) {
            String name = constant.name().toLowerCase(Locale.ROOT);
            if (name.equals(value.text())) {
                return constant;
            }
            names.add(name);
        }
        throw ConfigMistake.at(
                value,
                "%s \"%s\" is not known; write one of %s",
                key,
                value.text(),
                String.join(", ", names));
    }

    /// The explicit `id`, or the one that follows from the name.
    String id(String otherwise) throws ConfigMistake {
        var id = text("id");
        if (id.isEmpty()) {
            return otherwise;
        }
        try {
            String text = UUID.fromString(id.get().text()).toString();
            if (text.equals(id.get().text())) {
                return text;
            }
        } catch (IllegalArgumentException _) {
            // told below, with the place
        }
        throw ConfigMistake.at(
                id.get(),
                "id \"%s\" is not a lower-case UUID; leave it out or write one",
                id.get().text());
    }
}
