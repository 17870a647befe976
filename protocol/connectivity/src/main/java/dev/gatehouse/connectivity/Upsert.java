package dev.gatehouse.connectivity;

/// What [Node#upsertConnection] did.
public enum Upsert {
    /// A new connection, in place of one with other keys or credentials if there was one.
    CREATED,
    /// The connection existed with the same keys and credentials; its candidates are told again.
    REUSED,
    /// There is no relay to reach the peer by: nothing changed. Obtain relays and try again.
    NO_RELAYS
}
