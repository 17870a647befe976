package dev.gatehouse.channel.message.part;

import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/// Checks of ids and keys that records make on construction.
public final class Ids {
    private static final Pattern UUID =
            Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final int KEY_TEXT_LENGTH = 44;
    private static final int KEY_LENGTH = 32;

    private Ids() {}

    /// Returns the id in lower case.
    public static String uuid(String text) {
        var lower = require(text, "id").toLowerCase(Locale.ROOT);
        if (!UUID.matcher(lower).matches()) {
            throw new IllegalArgumentException("not a UUID");
        }
        return lower;
    }

    /// Returns base64 text of exactly 32 bytes.
    public static String key(String text) {
        if (require(text, "key").length() != KEY_TEXT_LENGTH
                || Base64.getDecoder().decode(text).length != KEY_LENGTH) {
            throw new IllegalArgumentException("a key is 44 characters of base64");
        }
        return text;
    }

    public static <T> T require(T value, String name) {
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }

    /// An absent list is an empty one.
    public static <T> List<T> orEmpty(List<T> list) {
        return list == null ? List.of() : withoutHoles(list);
    }

    public static <T> List<T> requireList(List<T> list, String name) {
        return withoutHoles(require(list, name));
    }

    private static <T> List<T> withoutHoles(List<T> list) {
        if (list.stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("a list holds null");
        }
        return List.copyOf(list);
    }
}
