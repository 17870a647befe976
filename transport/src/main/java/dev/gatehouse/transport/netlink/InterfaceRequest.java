package dev.gatehouse.transport.netlink;

import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import dev.gatehouse.transport.sys.SocketConstants;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A `struct ifreq`: the name of a network interface and one value.
public final class InterfaceRequest {
    static final int NAME_LENGTH_MAX = 15;

    private static final long SIOCGIFINDEX = 0x8933;
    private static final int VALUE_OFFSET = 16;
    private static final int LENGTH = 40;

    private final ByteBuffer block = NativeMemory.allocate(LENGTH);

    public InterfaceRequest(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length == 0 || bytes.length > NAME_LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "interface name must have 1 to 15 characters: " + name);
        }
        block.put(0, bytes);
    }

    /// @throws IOException if there is no interface of that name
    public static int indexOf(String name) throws IOException {
        return new InterfaceRequest(name).onSocket(SIOCGIFINDEX, "interface " + name).number();
    }

    public InterfaceRequest flags(int flags) {
        block.putShort(VALUE_OFFSET, (short) flags);
        return this;
    }

    public InterfaceRequest number(int value) {
        block.putInt(VALUE_OFFSET, value);
        return this;
    }

    public int flags() {
        return Short.toUnsignedInt(block.getShort(VALUE_OFFSET));
    }

    public int number() {
        return block.getInt(VALUE_OFFSET);
    }

    String name() {
        int end = 0;
        while (end < NAME_LENGTH_MAX && block.get(end) != 0) {
            end++;
        }
        var bytes = new byte[end];
        block.get(0, bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    /// Returns 0, or the error number.
    public int ioctl(int fd, long request) {
        int result = Libc.C.ioctl(fd, request, NativeMemory.address(block));
        return result < 0 ? Libc.errno() : 0;
    }

    /// Runs `request` on a throw-away socket.
    public InterfaceRequest onSocket(long request, String what) throws IOException {
        int type = SocketConstants.SOCK_DGRAM | SocketConstants.SOCK_CLOEXEC;
        int fd = Libc.C.socket(SocketConstants.AF_INET, type, 0);
        if (fd < 0) {
            fd = Libc.C.socket(SocketConstants.AF_INET6, type, 0);
        }
        if (fd < 0) {
            throw ErrnoException.last(what);
        }
        int errno = ioctl(fd, request);
        Libc.C.close(fd);
        if (errno != 0) {
            throw new ErrnoException(what, errno);
        }
        return this;
    }
}
