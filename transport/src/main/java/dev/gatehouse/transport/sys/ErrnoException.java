package dev.gatehouse.transport.sys;

import java.io.IOException;

/// A system call that failed: what was asked, and the operating system's reason.
public final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    public ErrnoException(String what, int errno) {
        super(what + ": " + Libc.C.strerror(errno) + " (errno " + errno + ")");
        this.errno = errno;
    }

    /// The failure of this thread's last system call.
    public static ErrnoException last(String what) {
        return new ErrnoException(what, Libc.errno());
    }

    public int errno() {
        return errno;
    }
}
