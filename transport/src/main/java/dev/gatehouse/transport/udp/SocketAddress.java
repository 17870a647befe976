package dev.gatehouse.transport.udp;

import static dev.gatehouse.transport.sys.SocketConstants.AF_INET;
import static dev.gatehouse.transport.sys.SocketConstants.AF_INET6;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// View of a `struct sockaddr_in` or `sockaddr_in6` inside a block of memory.
final class SocketAddress {
    static final int V4_LENGTH = 16;
    static final int V6_LENGTH = 28;

    private static final int PORT_OFFSET = 2; // u16, network order
    private static final int V4_ADDRESS_OFFSET = 4;
    private static final int FLOW_OFFSET = 4; // u32
    private static final int V6_ADDRESS_OFFSET = 8;
    private static final int SCOPE_OFFSET = 24; // u32

    private final ByteBuffer host;
    private final ByteBuffer network;
    private final int offset;

    SocketAddress(ByteBuffer block, int offset) {
        host = block;
        network = block.duplicate().order(ByteOrder.BIG_ENDIAN);
        this.offset = offset;
    }

    /// Returns the length of the structure.
    int write(Endpoint endpoint) {
        network.putShort(offset + PORT_OFFSET, (short) endpoint.port());
        if (endpoint.isV4()) {
            host.putShort(offset, (short) AF_INET);
            endpoint.address().write(network, offset + V4_ADDRESS_OFFSET);
            host.putLong(offset + 8, 0);
            return V4_LENGTH;
        }
        host.putShort(offset, (short) AF_INET6);
        host.putInt(offset + FLOW_OFFSET, 0);
        endpoint.address().write(network, offset + V6_ADDRESS_OFFSET);
        host.putInt(offset + SCOPE_OFFSET, 0);
        return V6_LENGTH;
    }

    Endpoint read(EndpointCache cache) {
        int port = Short.toUnsignedInt(network.getShort(offset + PORT_OFFSET));
        if (host.getShort(offset) == AF_INET) {
            long low = Integer.toUnsignedLong(network.getInt(offset + V4_ADDRESS_OFFSET));
            return cache.of(IpAddress.Family.IPV4, 0, low, port);
        }
        return cache.of(
                IpAddress.Family.IPV6,
                network.getLong(offset + V6_ADDRESS_OFFSET),
                network.getLong(offset + V6_ADDRESS_OFFSET + 8),
                port);
    }
}
