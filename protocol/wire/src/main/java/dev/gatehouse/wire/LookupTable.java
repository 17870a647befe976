package dev.gatehouse.wire;

import java.util.HashMap;
import java.util.Map;

/// A hash table that can be asked but not walked, so that its order never reaches the wire.
///
/// The one place in the state machines where a [HashMap] is right: whoever has to iterate keeps a
/// sorted or linked collection beside it.
public final class LookupTable<K, V> {
    private final Map<K, V> entries = new HashMap<>();

    /// Returns null if there is no entry: this is asked per packet.
    public V get(K key) {
        return entries.get(key);
    }

    public boolean contains(K key) {
        return entries.containsKey(key);
    }

    /// Returns the value that was replaced, or null.
    public V put(K key, V value) {
        return entries.put(key, value);
    }

    /// Returns the value that was removed, or null.
    public V remove(K key) {
        return entries.remove(key);
    }

    public int size() {
        return entries.size();
    }

    public boolean isEmpty() {
        return entries.isEmpty();
    }

    public void clear() {
        entries.clear();
    }
}
