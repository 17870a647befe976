package dev.gatehouse.transport.tun;

import java.io.IOException;

/// Somebody has deleted the TUN device; its owner may make it again.
public final class TunGoneException extends IOException {
    private static final long serialVersionUID = 1;

    TunGoneException(String name) {
        super("the device %s was deleted".formatted(name));
    }
}
