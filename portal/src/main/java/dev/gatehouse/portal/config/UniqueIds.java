package dev.gatehouse.portal.config;

import java.util.HashSet;
import java.util.Set;

/// The ids of all things of one file: none may stand for two.
final class UniqueIds {
    private final Set<String> ids = new HashSet<>();

    boolean contains(String id) {
        return ids.contains(id);
    }

    void add(YamlNode place, String id) throws ConfigMistake {
        if (!ids.add(id)) {
            throw ConfigMistake.at(place, "id %s is used twice; change one", id);
        }
    }
}
