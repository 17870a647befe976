package dev.gatehouse.transport.udp;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;

/// How a [UdpSocket] is opened.
///
/// @param local address to bind; port 0 lets the operating system choose
/// @param fallBackToAnyPort whether a taken port is answered by taking any other (tunnel.md 1.1)
/// @param sharing whether several sockets, one per shard, share the port
/// @param mark firewall mark of every packet, 0 for none; ignored without CAP_NET_ADMIN
/// @param receiveBufferBytes size of the kernel's buffer; a smaller one is only logged
/// @param sendBufferBytes size of the kernel's buffer; a smaller one is only logged
/// @param datagramLengthMax longer datagrams are dropped and counted
/// @param sendQueueBytes room for what the kernel does not take at once; taken when first needed
/// @param offloads whether one system call may move many datagrams; the kernel may still refuse
public record UdpConfig(
        Endpoint local,
        boolean fallBackToAnyPort,
        Sharing sharing,
        int mark,
        int receiveBufferBytes,
        int sendBufferBytes,
        int datagramLengthMax,
        int sendQueueBytes,
        boolean offloads) {
    /// Mark that keeps our own packets out of the tunnel's routing table.
    public static final int TUNNEL_MARK = 0xFD002021;

    private static final int SEND_BUFFER_BYTES = 16 << 20;
    private static final int RECEIVE_BUFFER_BYTES = 128 << 20;
    private static final int SEND_QUEUE_BYTES = 1 << 20;

    /// Who else may hold the same port.
    public enum Sharing {
        ALONE,
        /// Refuses a port that anybody holds, then lets [#JOIN] in.
        FIRST_OF_SHARDS,
        JOIN
    }

    public UdpConfig {
        if (datagramLengthMax < 1 || datagramLengthMax > UdpSocket.PAYLOAD_LENGTH_MAX) {
            throw new IllegalArgumentException("datagramLengthMax: " + datagramLengthMax);
        }
    }

    /// A socket of the tunnel on all addresses of a family: marked, big buffers, falls back.
    public static UdpConfig tunnel(IpAddress.Family family, int port) {
        return new UdpConfig(
                new Endpoint(Endpoint.any(family).address(), port),
                true,
                Sharing.ALONE,
                TUNNEL_MARK,
                RECEIVE_BUFFER_BYTES,
                SEND_BUFFER_BYTES,
                UdpSocket.PAYLOAD_LENGTH_MAX,
                SEND_QUEUE_BYTES,
                true);
    }

    /// A socket of a server on exactly `local`: no mark, no other port.
    public static UdpConfig server(Endpoint local) {
        return new UdpConfig(
                local,
                false,
                Sharing.ALONE,
                0,
                4 << 20,
                4 << 20,
                UdpSocket.PAYLOAD_LENGTH_MAX,
                SEND_QUEUE_BYTES,
                true);
    }

    public UdpConfig withSharing(Sharing newSharing) {
        return new UdpConfig(
                local,
                fallBackToAnyPort,
                newSharing,
                mark,
                receiveBufferBytes,
                sendBufferBytes,
                datagramLengthMax,
                sendQueueBytes,
                offloads);
    }

    public UdpConfig withBuffers(int receiveBytes, int sendBytes) {
        return new UdpConfig(
                local,
                fallBackToAnyPort,
                sharing,
                mark,
                receiveBytes,
                sendBytes,
                datagramLengthMax,
                sendQueueBytes,
                offloads);
    }

    public UdpConfig withDatagramLengthMax(int newDatagramLengthMax) {
        return new UdpConfig(
                local,
                fallBackToAnyPort,
                sharing,
                mark,
                receiveBufferBytes,
                sendBufferBytes,
                newDatagramLengthMax,
                sendQueueBytes,
                offloads);
    }

    public UdpConfig withSendQueueBytes(int newSendQueueBytes) {
        return new UdpConfig(
                local,
                fallBackToAnyPort,
                sharing,
                mark,
                receiveBufferBytes,
                sendBufferBytes,
                datagramLengthMax,
                newSendQueueBytes,
                offloads);
    }

    public UdpConfig withOffloads(boolean newOffloads) {
        return new UdpConfig(
                local,
                fallBackToAnyPort,
                sharing,
                mark,
                receiveBufferBytes,
                sendBufferBytes,
                datagramLengthMax,
                sendQueueBytes,
                newOffloads);
    }
}
