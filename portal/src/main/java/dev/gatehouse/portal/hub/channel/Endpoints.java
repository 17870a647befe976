package dev.gatehouse.portal.hub.channel;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;

/// How an address and a port are written in messages.
public final class Endpoints {
    private Endpoints() {}

    /// `192.0.2.1:53` or `[2001:db8::1]:53`.
    public static String text(IpAddress address, int port) {
        return new Endpoint(address, port).toString();
    }
}
