package dev.gatehouse.transport;

import java.io.IOException;

/// The TUN device cannot be had. The message is one line that says why and how to mend it.
public final class TunException extends IOException {
    private static final long serialVersionUID = 1;

    TunException(String message) {
        super(message);
    }
}
