package dev.gatehouse.transport.loop;

import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/// Waits until a descriptor is ready, a time has passed or another thread calls [#wakeup].
///
/// Level-triggered epoll. Only [#wakeup] may be called by threads other than the owner.
public final class Poller implements AutoCloseable {
    private static final int EVENTS_MAX = 256;
    private static final int EPOLLIN = 1;
    private static final int EPOLLOUT = 4;
    private static final int EPOLLERR = 8;
    private static final int EPOLLHUP = 16;
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EFD_FLAGS = 0x80000 | 0x800; // CLOEXEC, NONBLOCK
    private static final long NS_PER_MS = 1_000_000;

    /// The structure is packed on x86_64 only.
    private static final boolean PACKED = System.getProperty("os.arch").matches("amd64|x86_64");

    private static final int EVENT_LENGTH = PACKED ? 12 : 16;
    private static final int DATA_OFFSET = PACKED ? 4 : 8;

    private enum Operation {
        ADD(1),
        REMOVE(2),
        MODIFY(3);

        private final int number;

        Operation(int number) {
            this.number = number;
        }
    }

    private final int epoll;
    private final int eventfd;
    private final ByteBuffer events = NativeMemory.allocate(EVENTS_MAX * EVENT_LENGTH);
    private final long eventsAddress = NativeMemory.address(events);
    private final ByteBuffer scratch = NativeMemory.allocate(16);
    private final long scratchAddress = NativeMemory.address(scratch);
    private final ByteBuffer one = NativeMemory.allocate(8).putLong(0, 1);
    private final long oneAddress = NativeMemory.address(one);
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Object closing = new Object();
    private int readyCount;
    private boolean closed;

    public Poller() throws IOException {
        epoll = Libc.C.epoll_create1(EPOLL_CLOEXEC);
        if (epoll < 0) {
            throw ErrnoException.last("epoll_create1");
        }
        eventfd = Libc.C.eventfd(0, EFD_FLAGS);
        if (eventfd < 0) {
            var failure = ErrnoException.last("eventfd");
            Libc.C.close(epoll);
            throw failure;
        }
        control(Operation.ADD, eventfd, EPOLLIN);
    }

    /// Watches `fd` for input.
    public void add(int fd) throws IOException {
        control(Operation.ADD, fd, EPOLLIN);
    }

    /// Watches `fd`, added before, also for becoming writable, or no longer.
    public void watchWritable(int fd, boolean writable) throws IOException {
        control(Operation.MODIFY, fd, writable ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }

    public void remove(int fd) throws IOException {
        control(Operation.REMOVE, fd, 0);
    }

    private void control(Operation operation, int fd, int interest) throws IOException {
        scratch.putInt(0, interest);
        scratch.putLong(DATA_OFFSET, fd);
        if (Libc.C.epoll_ctl(epoll, operation.number, fd, scratchAddress) < 0) {
            throw ErrnoException.last("epoll_ctl " + operation);
        }
    }

    /// Waits up to `waitNs`, rounded up to a millisecond; 0 does not wait, [Long#MAX_VALUE] waits
    /// for ever. Afterwards the ready descriptors are those behind [#readyFd].
    ///
    /// @return how many descriptors are ready
    public int poll(long waitNs) throws IOException {
        int timeoutMs = timeoutMs(waitNs);
        int found = Libc.C.epoll_wait(epoll, eventsAddress, EVENTS_MAX, timeoutMs);
        if (found < 0) {
            int errno = Libc.errno();
            if (errno != Errno.EINTR) {
                throw new ErrnoException("epoll_wait", errno);
            }
            found = 0;
        }
        readyCount = found;
        forgetWakeup();
        return readyCount;
    }

    private static int timeoutMs(long waitNs) {
        if (waitNs == Long.MAX_VALUE) {
            return -1;
        }
        long ms = (Math.max(0, waitNs) + NS_PER_MS - 1) / NS_PER_MS;
        return (int) Math.min(ms, Integer.MAX_VALUE);
    }

    private void forgetWakeup() {
        for (int i = 0; i < readyCount; i++) {
            if (readyFd(i) == eventfd) {
                Libc.C.read(eventfd, scratchAddress, 8);
                woken.set(false);
                readyCount--;
                moveLastTo(i);
                return;
            }
        }
    }

    private void moveLastTo(int i) {
        int from = readyCount * EVENT_LENGTH;
        int to = i * EVENT_LENGTH;
        events.putInt(to, events.getInt(from));
        events.putLong(to + DATA_OFFSET, events.getLong(from + DATA_OFFSET));
    }

    public int readyCount() {
        return readyCount;
    }

    public int readyFd(int i) {
        return (int) events.getLong(i * EVENT_LENGTH + DATA_OFFSET);
    }

    /// Also true when the descriptor has an error, which reading will tell.
    public boolean isReadable(int i) {
        return (events.getInt(i * EVENT_LENGTH) & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
    }

    public boolean isWritable(int i) {
        return (events.getInt(i * EVENT_LENGTH) & EPOLLOUT) != 0;
    }

    /// Ends the wait under way, or the next one. Any thread may call it.
    public void wakeup() {
        if (woken.compareAndSet(false, true)) {
            synchronized (closing) {
                if (!closed) {
                    Libc.C.write(eventfd, oneAddress, 8);
                }
            }
        }
    }

    @Override
    public void close() {
        synchronized (closing) {
            if (!closed) {
                closed = true;
                Libc.C.close(eventfd);
                Libc.C.close(epoll);
            }
        }
    }
}
