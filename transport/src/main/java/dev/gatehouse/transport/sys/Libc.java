package dev.gatehouse.transport.sys;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Platform;
import jnr.ffi.Runtime;
import jnr.ffi.types.intptr_t;

/// The C library's system calls, bound by jnr-ffi.
///
/// Public only because generated code implements it.
///
/// Memory is passed as addresses, so a call allocates nothing. Every call saves `errno` for its own
/// thread; [#errno] is asked only after a failure.
public interface Libc {
    Libc C =
            LibraryLoader.create(Libc.class)
                    .failImmediately()
                    .load(Platform.getNativePlatform().getStandardCLibraryName());

    Runtime RUNTIME = Runtime.getRuntime(C);

    /// The error of this thread's last failed call.
    static int errno() {
        return RUNTIME.getLastError();
    }

    int socket(int domain, int type, int protocol);

    int bind(int fd, @intptr_t long address, int length);

    int connect(int fd, @intptr_t long address, int length);

    int getsockname(int fd, @intptr_t long address, @intptr_t long length);

    int setsockopt(int fd, int level, int name, @intptr_t long value, int length);

    int getsockopt(int fd, int level, int name, @intptr_t long value, @intptr_t long length);

    @intptr_t
    long recvmsg(int fd, @intptr_t long message, int flags);

    @intptr_t
    long sendmsg(int fd, @intptr_t long message, int flags);

    @intptr_t
    long recv(int fd, @intptr_t long buffer, @intptr_t long length, int flags);

    @intptr_t
    long send(int fd, @intptr_t long buffer, @intptr_t long length, int flags);

    int open(@intptr_t long path, int flags, int mode);

    int mknod(@intptr_t long path, int mode, @intptr_t long device);

    int ioctl(int fd, @intptr_t long request, @intptr_t long argument);

    @intptr_t
    long read(int fd, @intptr_t long buffer, @intptr_t long length);

    @intptr_t
    long write(int fd, @intptr_t long buffer, @intptr_t long length);

    @intptr_t
    long writev(int fd, @intptr_t long vectors, int count);

    int close(int fd);

    int epoll_create1(int flags);

    int epoll_ctl(int poller, int operation, int fd, @intptr_t long event);

    int epoll_wait(int poller, @intptr_t long events, int eventsMax, int timeoutMs);

    int eventfd(int initial, int flags);

    int umask(int mask);

    int unshare(int flags);

    int setns(int fd, int type);

    int prctl(int option, long a, long b, long c, long d);

    int capset(@intptr_t long header, @intptr_t long data);

    int geteuid();

    String strerror(int errno);
}
