package dev.gatehouse.dataplane.gateway;

/// Why a packet, or a request in one, got no further. One counter each.
public enum DropReason {
    /// Not an IP packet, or a cut or foreign transport header.
    MALFORMED,
    FRAGMENT,
    TOO_LARGE,
    /// Decrypted, but the client is not known here.
    UNKNOWN_CLIENT,

    // From a client; the first ones are answered with ICMP.
    SOURCE_NOT_ALLOWED,
    NO_RESOURCE,
    FILTERED,
    /// Between two clients, or to another address of the tunnel ranges.
    TUNNEL_RANGE,
    /// A name without an address of that family.
    NAME_WITHOUT_ADDRESS,
    /// The internet resource, to an address that is not public.
    NOT_PUBLIC,
    CLIENT_ICMP_ERROR,
    MULTICAST,
    NAT_PROTOCOL,
    NAT_FULL,

    // From the TUN device.
    NOT_FOR_CLIENTS,
    UNKNOWN_CLIENT_ADDRESS,
    EXPIRED_NAT_SESSION,
    INBOUND_PROTOCOL,
    INBOUND_ICMP,
    INBOUND_NOT_ALLOWED,

    // Control packets.
    CONTROL_IGNORED,
    RESOLUTIONS_FULL,
    RESOLUTION_LOST,
    PROXIES_FULL
}
