package dev.gatehouse.connectivity;

/// Connections by their 24-bit id, looked up for every run of packets: open addressing, no boxing.
final class ConnectionTable {
    private Connection[] slots = new Connection[64]; // a power of two, at most half full
    private int size;

    /// The connection, or null.
    Connection get(int connectionId) {
        for (int i = home(connectionId); slots[i] != null; i = next(i)) {
            if (slots[i].connectionId() == connectionId) {
                return slots[i];
            }
        }
        return null;
    }

    /// Adds a connection whose id is not in the table.
    void put(Connection connection) {
        if (2 * ++size > slots.length) {
            grow();
        }
        insert(connection);
    }

    private void insert(Connection connection) {
        int i = home(connection.connectionId());
        while (slots[i] != null) {
            i = next(i);
        }
        slots[i] = connection;
    }

    private void grow() {
        var old = slots;
        slots = new Connection[2 * old.length];
        for (var connection : old) {
            if (connection != null) {
                insert(connection);
            }
        }
    }

    void remove(Connection connection) {
        int i = home(connection.connectionId());
        while (slots[i] != connection) {
            if (slots[i] == null) {
                return;
            }
            i = next(i);
        }
        slots[i] = null;
        size--;
        for (int j = next(i); slots[j] != null; j = next(j)) { // those behind may belong here
            var moved = slots[j];
            slots[j] = null;
            insert(moved);
        }
    }

    private int home(int connectionId) {
        return connectionId * 0x9E3779B1 >>> 8 & slots.length - 1;
    }

    private int next(int i) {
        return i + 1 & slots.length - 1;
    }
}
