package dev.gatehouse.transport.netlink;

import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import dev.gatehouse.transport.sys.SocketConstants;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// A netlink socket, of routes unless said otherwise: requests with acknowledgement, and dumps.
/// Used by one thread.
public final class Netlink implements AutoCloseable {
    static final int NETLINK_ROUTE = 0;
    public static final int NETLINK_NETFILTER = 12;

    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int RECEIVE_BYTES = 64 * 1024;

    /// Messages of one call; the kernel has one for each route, or each rule of a filter.
    private static final int DRAINED_MAX = 128;

    private final int fd;
    private final ByteBuffer received = NativeMemory.allocate(RECEIVE_BYTES);
    private final long receivedAddress = NativeMemory.address(received);
    private int sequence;

    /// @param groups multicast groups to hear; 0 for requests only
    public Netlink(int groups, boolean nonBlocking) throws IOException {
        this(NETLINK_ROUTE, groups, nonBlocking);
    }

    /// @param protocol [#NETLINK_ROUTE] or [#NETLINK_NETFILTER]
    public Netlink(int protocol, int groups, boolean nonBlocking) throws IOException {
        int type = SocketConstants.SOCK_RAW | SocketConstants.SOCK_CLOEXEC;
        int flags = nonBlocking ? SocketConstants.SOCK_NONBLOCK : 0;
        fd = Libc.C.socket(SocketConstants.AF_NETLINK, type | flags, protocol);
        if (fd < 0) {
            throw ErrnoException.last("cannot open a netlink socket");
        }
        var address = NativeMemory.allocate(12);
        address.putShort(0, (short) SocketConstants.AF_NETLINK).putInt(8, groups);
        if (Libc.C.bind(fd, NativeMemory.address(address), 12) < 0) {
            var failure = ErrnoException.last("cannot bind a netlink socket");
            Libc.C.close(fd);
            throw failure;
        }
    }

    /// Lets the kernel leave out of a dump what was not asked for; before Linux 4.20 it tells all.
    public void filterStrictly() {
        var one = NativeMemory.allocate(4).putInt(0, 1);
        Libc.C.setsockopt(
                fd,
                SocketConstants.SOL_NETLINK,
                SocketConstants.NETLINK_GET_STRICT_CHK,
                NativeMemory.address(one),
                4);
    }

    public int fd() {
        return fd;
    }

    /// Returns 0, or the error number that the kernel answered.
    public int request(NetlinkMessage message) throws IOException {
        int expected = send(message);
        while (true) {
            int length = receive();
            for (int at = 0; at + NetlinkMessage.HEADER_LENGTH <= length; at += aligned(at)) {
                boolean ours = received.getInt(at + 8) == expected;
                if (ours && received.getShort(at + 4) == NLMSG_ERROR) {
                    return -received.getInt(at + NetlinkMessage.HEADER_LENGTH);
                }
            }
        }
    }

    /// Returns the messages of a dump, each from its fixed part on.
    public List<ByteBuffer> dump(NetlinkMessage message) throws IOException {
        int expected = send(message);
        var found = new ArrayList<ByteBuffer>();
        while (true) {
            int length = receive();
            for (int at = 0; at + NetlinkMessage.HEADER_LENGTH <= length; at += aligned(at)) {
                int type = received.getShort(at + 4);
                if (received.getInt(at + 8) != expected) {
                    continue;
                }
                if (type == NLMSG_DONE || type == NLMSG_ERROR) {
                    return found;
                }
                found.add(copy(at));
            }
        }
    }

    private ByteBuffer copy(int at) {
        int length = received.getInt(at) - NetlinkMessage.HEADER_LENGTH;
        var copy = NativeMemory.allocate(length);
        return copy.put(0, received, at + NetlinkMessage.HEADER_LENGTH, length);
    }

    private int aligned(int at) {
        return Math.max(NetlinkMessage.HEADER_LENGTH, received.getInt(at) + 3 & -4);
    }

    private int send(NetlinkMessage message) throws IOException {
        int number = ++sequence;
        var bytes = message.finish(number);
        if (Libc.C.send(fd, NativeMemory.address(bytes), bytes.position(), 0) < 0) {
            throw ErrnoException.last("netlink send");
        }
        return number;
    }

    private int receive() throws IOException {
        while (true) {
            int length = (int) Libc.C.recv(fd, receivedAddress, RECEIVE_BYTES, 0);
            if (length >= 0) {
                return length;
            }
            int errno = Libc.errno();
            if (errno != Errno.EINTR) {
                throw new ErrnoException("netlink receive", errno);
            }
        }
    }

    /// Reads and forgets what the groups told, a bounded part of it: a host that changes without
    /// end must not hold up who asks. The descriptor stays readable for the rest. Returns true if
    /// there was anything.
    public boolean drain() throws IOException {
        boolean any = false;
        for (int i = 0; i < DRAINED_MAX; i++) {
            if (Libc.C.recv(fd, receivedAddress, RECEIVE_BYTES, 0) >= 0) {
                any = true;
                continue;
            }
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN) {
                return any;
            }
            if (errno != Errno.EINTR && errno != Errno.ENOBUFS) { // no room: something was lost
                throw new ErrnoException("netlink receive", errno);
            }
            any |= errno == Errno.ENOBUFS;
        }
        return any;
    }

    @Override
    public void close() {
        Libc.C.close(fd);
    }
}
