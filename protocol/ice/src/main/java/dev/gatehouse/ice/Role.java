package dev.gatehouse.ice;

/// Who nominates: the client is always controlling, the gateway always controlled.
///
/// An agent never changes its role: a peer that claims the same one is told so with a 487.
public enum Role {
    CONTROLLING,
    CONTROLLED
}
