package dev.gatehouse.transport.udp;

import static dev.gatehouse.transport.sys.SocketConstants.IPPROTO_IP;
import static dev.gatehouse.transport.sys.SocketConstants.IPPROTO_IPV6;
import static dev.gatehouse.transport.sys.SocketConstants.IPV6_PKTINFO;
import static dev.gatehouse.transport.sys.SocketConstants.IPV6_RECVFRAGSIZE;
import static dev.gatehouse.transport.sys.SocketConstants.IPV6_TCLASS;
import static dev.gatehouse.transport.sys.SocketConstants.IP_PKTINFO;
import static dev.gatehouse.transport.sys.SocketConstants.IP_RECVFRAGSIZE;
import static dev.gatehouse.transport.sys.SocketConstants.IP_TOS;
import static dev.gatehouse.transport.sys.SocketConstants.SOL_UDP;
import static dev.gatehouse.transport.sys.SocketConstants.UDP_GRO;
import static dev.gatehouse.transport.sys.SocketConstants.UDP_SEGMENT;

import dev.gatehouse.transport.sys.NativeMemory;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// One `struct msghdr` of a 64-bit Linux with its vector, address and control messages.
///
/// Made once per socket and filled anew for each call. The control messages of a received datagram
/// are read by [#parseControl] into the fields behind the accessors.
final class MessageHeader {
    private static final int NAME_OFFSET = 0; // pointer
    private static final int NAME_LENGTH_OFFSET = 8; // u32
    private static final int VECTOR_OFFSET = 16; // pointer
    private static final int VECTOR_COUNT_OFFSET = 24; // u64
    private static final int CONTROL_OFFSET = 32; // pointer
    private static final int CONTROL_LENGTH_OFFSET = 40; // u64
    private static final int FLAGS_OFFSET = 48; // u32

    private static final int IOVEC = 64; // pointer, u64
    private static final int ADDRESS = 80; // sockaddr_in or sockaddr_in6
    private static final int CONTROL = 112;
    private static final int CONTROL_LENGTH_MAX = 144;
    private static final int BLOCK_LENGTH = CONTROL + CONTROL_LENGTH_MAX;

    private static final int CMSG_LEVEL_OFFSET = 8; // u32
    private static final int CMSG_TYPE_OFFSET = 12; // u32
    private static final int CMSG_HEADER_LENGTH = 16;
    private static final int V4_INFO_LENGTH = 12; // interface, local address, header destination
    private static final int V4_INFO_SOURCE_OFFSET = 4;
    private static final int V4_INFO_DESTINATION_OFFSET = 8;
    private static final int V6_INFO_LENGTH = 20; // address, interface

    private final ByteBuffer block = NativeMemory.allocate(BLOCK_LENGTH);
    private final ByteBuffer network = block.duplicate().order(ByteOrder.BIG_ENDIAN);
    private final long address = NativeMemory.address(block);
    private final SocketAddress name = new SocketAddress(block, ADDRESS);
    private final EndpointCache endpoints = new EndpointCache();

    private int controlLength;
    private int ecn;
    private int segmentLength;
    private int fragmentLength;
    private Endpoint destination;

    MessageHeader() {
        block.putLong(NAME_OFFSET, address + ADDRESS);
        block.putLong(VECTOR_OFFSET, address + IOVEC);
        block.putLong(VECTOR_COUNT_OFFSET, 1);
    }

    long address() {
        return address;
    }

    /// Also resets the lengths that the kernel overwrote in the call before.
    void prepareReceive(long buffer, int length) {
        block.putInt(NAME_LENGTH_OFFSET, SocketAddress.V6_LENGTH);
        block.putLong(IOVEC, buffer);
        block.putLong(IOVEC + 8, length);
        block.putLong(CONTROL_OFFSET, address + CONTROL);
        block.putLong(CONTROL_LENGTH_OFFSET, CONTROL_LENGTH_MAX);
        block.putInt(FLAGS_OFFSET, 0);
    }

    int flags() {
        return block.getInt(FLAGS_OFFSET);
    }

    Endpoint remote() {
        return name.read(endpoints);
    }

    /// @param port of the socket, for [#destination]
    void parseControl(int port) {
        ecn = 0;
        segmentLength = 0;
        fragmentLength = 0;
        destination = null;
        int end = CONTROL + (int) block.getLong(CONTROL_LENGTH_OFFSET);
        int at = CONTROL;
        while (at + CMSG_HEADER_LENGTH <= end) {
            int length = (int) block.getLong(at);
            if (length < CMSG_HEADER_LENGTH) {
                return;
            }
            parseMessage(at, port);
            at += length + 7 & -8;
        }
    }

    private void parseMessage(int at, int port) {
        int data = at + CMSG_HEADER_LENGTH;
        long kind = kind(block.getInt(at + CMSG_LEVEL_OFFSET), block.getInt(at + CMSG_TYPE_OFFSET));
        if (kind == kind(IPPROTO_IP, IP_PKTINFO)) {
            int v4 = network.getInt(data + V4_INFO_DESTINATION_OFFSET);
            destination = endpoints.of(IpAddress.Family.IPV4, 0, Integer.toUnsignedLong(v4), port);
        } else if (kind == kind(IPPROTO_IPV6, IPV6_PKTINFO)) {
            destination =
                    endpoints.of(
                            IpAddress.Family.IPV6,
                            network.getLong(data),
                            network.getLong(data + 8),
                            port);
        } else if (kind == kind(IPPROTO_IP, IP_TOS)) {
            ecn = block.get(data) & 3;
        } else if (kind == kind(IPPROTO_IPV6, IPV6_TCLASS)) {
            ecn = block.getInt(data) & 3;
        } else if (kind == kind(SOL_UDP, UDP_GRO)) {
            segmentLength = block.getInt(data);
        } else if (kind == kind(IPPROTO_IP, IP_RECVFRAGSIZE)
                || kind == kind(IPPROTO_IPV6, IPV6_RECVFRAGSIZE)) {
            fragmentLength = block.getInt(data);
        }
    }

    private static long kind(int level, int type) {
        return (long) level << 32 | type;
    }

    /// Where the datagram was sent to, or null if the kernel did not say.
    Endpoint destination() {
        return destination;
    }

    /// The two ECN bits.
    int ecn() {
        return ecn;
    }

    /// Bytes of each datagram of a coalesced buffer, 0 if it is a single one.
    int segmentLength() {
        return segmentLength;
    }

    /// Bytes of the longest fragment in which the datagram came, 0 if it came whole.
    int fragmentLength() {
        return fragmentLength;
    }

    void prepareSend(long buffer, int length) {
        block.putLong(IOVEC, buffer);
        block.putLong(IOVEC + 8, length);
    }

    /// Writes everything of a send but the content.
    ///
    /// @param segmentLength 0 for a single datagram
    void preparePath(Endpoint local, Endpoint remote, int ecnBits, int segmentLength) {
        block.putInt(NAME_LENGTH_OFFSET, name.write(remote));
        controlLength = 0;
        if (!local.address().isUnspecified()) {
            putSource(local.address());
        }
        if (ecnBits != 0 && remote.isV4()) {
            block.putInt(putMessage(IPPROTO_IP, IP_TOS, 4), ecnBits);
        } else if (ecnBits != 0) {
            block.putInt(putMessage(IPPROTO_IPV6, IPV6_TCLASS, 4), ecnBits);
        }
        if (segmentLength != 0) {
            block.putShort(putMessage(SOL_UDP, UDP_SEGMENT, 2), (short) segmentLength);
        }
        block.putLong(CONTROL_OFFSET, controlLength == 0 ? 0 : address + CONTROL);
        block.putLong(CONTROL_LENGTH_OFFSET, controlLength);
        block.putInt(FLAGS_OFFSET, 0);
    }

    private void putSource(IpAddress source) {
        if (source.isV4()) {
            int data = putMessage(IPPROTO_IP, IP_PKTINFO, V4_INFO_LENGTH);
            block.putInt(data, 0);
            source.write(network, data + V4_INFO_SOURCE_OFFSET);
            block.putInt(data + V4_INFO_DESTINATION_OFFSET, 0);
        } else {
            int data = putMessage(IPPROTO_IPV6, IPV6_PKTINFO, V6_INFO_LENGTH);
            source.write(network, data);
            block.putInt(data + 16, 0);
        }
    }

    /// Appends a control message and returns where its data goes.
    private int putMessage(int level, int type, int length) {
        int at = CONTROL + controlLength;
        block.putLong(at, CMSG_HEADER_LENGTH + length);
        block.putInt(at + CMSG_LEVEL_OFFSET, level);
        block.putInt(at + CMSG_TYPE_OFFSET, type);
        controlLength += CMSG_HEADER_LENGTH + length + 7 & -8;
        return at + CMSG_HEADER_LENGTH;
    }
}
