package dev.gatehouse.transport.process;

import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import dev.gatehouse.transport.sys.SocketConstants;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the service manager that started us how we are; units of `Type=notify` wait for it.
public final class ServiceManager {
    static final int PATH_LENGTH_MAX = 107;

    private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);
    private static final int PATH_OFFSET = 2; // behind the family

    private ServiceManager() {}

    /// Says that the service does its work now. Does nothing if nobody asked for it.
    public static void notifyReady() {
        var socket = System.getenv("NOTIFY_SOCKET");
        if (socket == null || socket.isEmpty()) {
            return;
        }
        try {
            send(socket, "READY=1");
        } catch (IOException e) {
            LOG.warn("the service manager does not learn that we are ready: {}", e.getMessage());
        }
    }

    /// @param socket a path, or an abstract name that begins with `@`
    static void send(String socket, String state) throws IOException {
        int type = SocketConstants.SOCK_DGRAM | SocketConstants.SOCK_CLOEXEC;
        int fd = Libc.C.socket(SocketConstants.AF_UNIX, type, 0);
        if (fd < 0) {
            throw new ErrnoException("open a Unix socket", Libc.errno());
        }
        try {
            var address = address(socket);
            if (Libc.C.connect(fd, NativeMemory.address(address), address.capacity()) < 0) {
                throw new ErrnoException("connect to " + socket, Libc.errno());
            }
            var text = NativeMemory.cString(state);
            if (Libc.C.send(fd, NativeMemory.address(text), text.capacity() - 1, 0) < 0) {
                throw new ErrnoException("write to " + socket, Libc.errno());
            }
        } finally {
            Libc.C.close(fd);
        }
    }

    /// A `struct sockaddr_un`.
    static ByteBuffer address(String socket) throws IOException {
        byte[] path = socket.getBytes(StandardCharsets.UTF_8);
        if (path.length > PATH_LENGTH_MAX) {
            throw new IOException("the path of NOTIFY_SOCKET is too long");
        }
        boolean isAbstract = path[0] == '@';
        int length = PATH_OFFSET + path.length + (isAbstract ? 0 : 1);
        var address = NativeMemory.allocate(length);
        address.putShort(0, (short) SocketConstants.AF_UNIX).put(PATH_OFFSET, path);
        if (isAbstract) {
            address.put(PATH_OFFSET, (byte) 0);
        }
        return address;
    }
}
