package dev.gatehouse.dataplane.gateway.drop;

/// Why a packet, or a request in one, got no further. One counter each.
public enum DropReason {
    /// Not an IP packet, or a cut or foreign transport header.
    MALFORMED,
    /// A piece of a datagram that cannot be one, or the first one without all of the headers.
    BAD_FRAGMENT,
    /// A later piece whose first one was refused.
    FRAGMENT_REFUSED,
    /// A piece that covers what has passed, or all pieces behind such a one.
    FRAGMENT_OVERLAP,
    /// A later piece that waited in vain for its first one.
    FRAGMENT_WITHOUT_FIRST,
    /// A piece for which there was no room in a table.
    FRAGMENTS_FULL,
    /// Answered with ICMP if the packet must not be cut.
    TOO_LARGE,
    /// Decrypted, but the client is not known here.
    UNKNOWN_CLIENT,

    // From a client; the first ones are answered with ICMP.
    SOURCE_NOT_ALLOWED,
    NO_RESOURCE,
    FILTERED,
    /// Between two clients, or to another address of the tunnel ranges.
    TUNNEL_RANGE,
    /// To the gateway's own tunnel address: neither its DNS server nor an echo request.
    GATEWAY_CLOSED,
    /// A name without an address of that family.
    NAME_WITHOUT_ADDRESS,
    /// The internet resource, to an address that is not public.
    NOT_PUBLIC,
    /// To the gateway's own tunnel address, past a client's share.
    GATEWAY_BUSY,
    CLIENT_ICMP_ERROR,
    MULTICAST,
    NAT_PROTOCOL,
    /// The client has as many translations as it may have.
    NAT_FULL,
    /// All ports that were tried stand for other flows of the client to that address.
    NAT_PORTS_TAKEN,
    /// The client begins more flows to names than any client would.
    NAT_TOO_OFTEN,
    /// An ICMP error that was not made: the client had many.
    ICMP_ERRORS_LIMITED,

    // From the TUN device.
    NOT_FOR_CLIENTS,
    UNKNOWN_CLIENT_ADDRESS,
    /// From an address that only tunnels have, but not the gateway's.
    FORGED_SOURCE,
    /// In the gateway's name, without a question of the client's.
    UNASKED,
    EXPIRED_NAT_SESSION,
    INBOUND_PROTOCOL,
    INBOUND_ICMP,
    /// An ICMP error about nothing that the client may have sent.
    INBOUND_ERROR,
    INBOUND_NOT_ALLOWED,

    // Control packets.
    CONTROL_IGNORED,
    /// More of a client than any would send.
    CONTROL_TOO_OFTEN,
    /// Too many names of a client, or of all, wait for a look-up; answered.
    RESOLUTIONS_FULL,
    /// Waited in vain for a look-up or for its end.
    RESOLUTION_LOST,
    /// An address that a name must not stand for.
    NAME_TARGET_REFUSED,
    /// A name with no proxy address, too many, foreign or repeated ones; answered.
    PROXIES_REFUSED,
    /// A client, or all, have set up too many names; answered.
    PROXIES_FULL
}
