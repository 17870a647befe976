package dev.gatehouse.channel.client;

import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/// Whether the host still has the address of a socket.
final class LocalAddress {
    private LocalAddress() {}

    /// False if nothing can be sent from it: the address is gone, or its link is down. True if that
    /// cannot be told. Never waits.
    static boolean isOurs(SocketAddress socket) {
        if (socket == null || socket.hostAddress() == null) {
            return true;
        }
        try {
            var address = InetAddress.getByName(socket.hostAddress()); // no name: asks nobody
            new DatagramSocket(new InetSocketAddress(address, 0)).close();
            return true;
        } catch (BindException _) {
            return false;
        } catch (IOException _) {
            return true;
        }
    }
}
