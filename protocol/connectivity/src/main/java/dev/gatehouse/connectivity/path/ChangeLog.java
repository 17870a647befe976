package dev.gatehouse.connectivity.path;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/// Ids of what may have changed, came or went since somebody last asked. Holds each once, in the
/// order of their first change; holds none before the first question, since nobody may ever ask.
///
/// Not thread-safe: belongs to the owner of what changes.
public final class ChangeLog {
    private final SequencedSet<String> ids = new LinkedHashSet<>();
    private boolean isRead;

    /// Notes that `id` changed, came or went.
    public void add(String id) {
        if (isRead) {
            ids.add(id);
        }
    }

    /// False before the first [#take]: then all is news.
    public boolean isRead() {
        return isRead;
    }

    /// Whether nothing changed since [#take].
    public boolean isEmpty() {
        return ids.isEmpty();
    }

    /// What was added since the last call; from the first on everything is kept for the next.
    public List<String> take() {
        isRead = true;
        var taken = new ArrayList<>(ids);
        ids.clear();
        return taken;
    }
}
