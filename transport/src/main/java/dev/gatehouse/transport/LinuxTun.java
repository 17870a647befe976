package dev.gatehouse.transport;

import dev.gatehouse.wire.PacketBatch;
import java.io.IOException;

/// One queue of a TUN device: IP packets without any header before them, never blocking.
///
/// The device lives as long as its descriptor: it goes when the process does. Reads and writes take
/// batches so that packets joined by the kernel can be cut, and cut ones joined, in here. Not
/// thread-safe: owned by one shard; allocates nothing per packet.
public final class LinuxTun implements AutoCloseable {
    private static final int TXQUEUELEN = 10_000;
    private static final long SIOCSIFMTU = 0x8922;
    private static final long SIOCSIFTXQLEN = 0x8943;

    private final int fd;
    private final String name;
    private final int mtu;
    private final AddressCache addresses = new AddressCache();
    private final Counters<TunCounter> counters = new Counters<>(TunCounter.class);
    private boolean closed;

    private LinuxTun(int fd, String name, int mtu) {
        this.fd = fd;
        this.name = name;
        this.mtu = mtu;
    }

    /// Makes the device, or attaches to a queue of it. The link stays down: see [NetworkConfig].
    ///
    /// @param name at most 15 characters
    /// @throws TunException with one line that says how to mend it
    public static LinuxTun open(String name, int mtu) throws TunException {
        int fd = TunDevice.open(name);
        try {
            new InterfaceRequest(name).number(mtu).onSocket(SIOCSIFMTU, "set MTU of " + name);
            new InterfaceRequest(name)
                    .number(TXQUEUELEN)
                    .onSocket(SIOCSIFTXQLEN, "set queue length of " + name);
            return new LinuxTun(fd, name, mtu);
        } catch (IOException e) {
            Libc.C.close(fd);
            throw new TunException(e.getMessage());
        }
    }

    /// A batch of `packetsMax` packets, each of up to `mtu` bytes with room before and behind.
    public static PacketBatch newBatch(int packetsMax, int mtu) {
        return PacketBatch.allocate(packetsMax * slotLength(mtu), packetsMax);
    }

    private static int slotLength(int mtu) {
        int length = PacketBatch.HEADROOM_LENGTH + mtu + 1 + PacketBatch.TAILROOM_LENGTH;
        return length + 7 & -8;
    }

    public int fd() {
        return fd;
    }

    public String name() {
        return name;
    }

    public int mtu() {
        return mtu;
    }

    /// Totals; any thread may read them.
    public Counters<TunCounter> counters() {
        return counters;
    }

    /// Fills `batch` anew with what waits, up to its capacity, room before and behind each packet.
    ///
    /// @return how many packets it holds; 0 when nothing waits
    /// @throws IOException if the device is gone
    public int read(PacketBatch batch) throws IOException {
        batch.clear();
        long base = addresses.of(batch.buffer());
        int slot = slotLength(mtu);
        int at = 0;
        while (!batch.isFull() && at + slot <= batch.buffer().capacity()) {
            int offset = at + PacketBatch.HEADROOM_LENGTH;
            int length = (int) Libc.C.read(fd, base + offset, mtu + 1);
            if (length < 0) {
                if (isDrained(Libc.errno())) {
                    break;
                }
            } else if (length > mtu) {
                counters.add(TunCounter.READ_TOO_LONG, 1);
            } else {
                batch.add(offset, length, 0);
                counters.add(TunCounter.READ_BYTES, length);
                at += slot;
            }
        }
        counters.add(TunCounter.READ_PACKETS, batch.count());
        return batch.count();
    }

    private boolean isDrained(int errno) throws IOException {
        switch (errno) {
            case Errno.EAGAIN -> {
                return true;
            }
            case Errno.EINTR -> {
                return false;
            }
            case Errno.EIO -> { // link down
                counters.add(TunCounter.READ_ERRORS, 1);
                return true;
            }
            default -> throw new ErrnoException("read from " + name, errno);
        }
    }

    /// Writes `count` packets from number `from` on; those of length 0 or less are skipped. What
    /// the kernel refuses is counted and lost.
    ///
    /// @return packets written
    /// @throws IOException if the device is gone
    public int write(PacketBatch batch, int from, int count) throws IOException {
        long base = addresses.of(batch.buffer());
        int written = 0;
        for (int i = from; i < from + count; i++) {
            int length = batch.length(i);
            if (length > mtu) {
                counters.add(TunCounter.WRITE_TOO_LONG, 1);
            } else if (length > 0 && writeOne(base + batch.offset(i), length)) {
                counters.add(TunCounter.WRITTEN_BYTES, length);
                written++;
            }
        }
        counters.add(TunCounter.WRITTEN_PACKETS, written);
        return written;
    }

    private boolean writeOne(long address, int length) throws IOException {
        while (Libc.C.write(fd, address, length) < 0) {
            int errno = Libc.errno();
            if (errno != Errno.EINTR) {
                handleWriteError(errno);
                return false;
            }
        }
        return true;
    }

    private void handleWriteError(int errno) throws IOException {
        switch (errno) {
            case Errno.EIO -> counters.add(TunCounter.WRITE_LINK_DOWN, 1);
            case Errno.EAGAIN, Errno.ENOBUFS, 12 /* ENOMEM */ ->
                    counters.add(TunCounter.WRITE_NO_ROOM, 1);
            case Errno.EINVAL -> counters.add(TunCounter.WRITE_REFUSED, 1);
            default -> throw new ErrnoException("write to " + name, errno);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Libc.C.close(fd);
        }
    }
}
