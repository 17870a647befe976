package dev.gatehouse.channel;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/// A token, password or key as text; never prints itself.
public record Secret(@JsonValue String value) {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Secret {
        if (value == null) {
            throw new IllegalArgumentException("secret is missing");
        }
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
