package dev.gatehouse.portal.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// What one section of the file holds, by name, in its order; other sections refer to it.
final class NamedThings<E> {
    private final String what;
    private final String section;
    private final UniqueIds ids;
    private final Map<String, E> byName = new LinkedHashMap<>();

    /// @param what one of them is called
    NamedThings(String what, String section, UniqueIds ids) {
        this.what = what;
        this.section = section;
        this.ids = ids;
    }

    void put(YamlNode.Scalar name, String id, E thing) throws ConfigMistake {
        if (byName.putIfAbsent(name.text(), thing) != null) {
            throw ConfigMistake.at(name, "a second %s \"%s\"; rename one", what, name.text());
        }
        ids.add(name, id);
    }

    E named(YamlNode.Scalar name) throws ConfigMistake {
        var thing = Optional.ofNullable(byName.get(name.text()));
        if (thing.isEmpty()) {
            throw ConfigMistake.at(
                    name, "no %s is named \"%s\"; add it under %s", what, name.text(), section);
        }
        return thing.get();
    }

    boolean hasAny(Predicate<E> which) {
        return byName.values().stream().anyMatch(which);
    }

    List<E> all() {
        return List.copyOf(byName.values());
    }
}
