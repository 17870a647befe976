package dev.gatehouse.dataplane.gateway.filter;

/// Whether a client may talk to a remote address, tunnel.md 7.3 steps 3 to 6 and 11.2 #17.
public enum Access {
    ALLOWED,
    /// Allowed, through the translation of a proxy address.
    TRANSLATED,
    /// Allowed, but the name behind the proxy address has no address of that family.
    UNMAPPED,
    SOURCE_NOT_ALLOWED,
    NO_RESOURCE,
    FILTERED,
    TUNNEL_RANGE,
    /// To the gateway itself, which does not serve that.
    GATEWAY_CLOSED,
    /// To the gateway itself, too often.
    GATEWAY_BUSY,
    NOT_PUBLIC
}
