package dev.gatehouse.channel;

/// The two generations of the gateway's and the client's endpoint, portal-channel.md 9.4: the path
/// decides the names of some events.
public enum ApiVersion {
    V1,
    V2
}
