package dev.gatehouse.transport.tun;

import dev.gatehouse.transport.netlink.InterfaceRequest;
import dev.gatehouse.transport.netlink.Link;
import dev.gatehouse.transport.netlink.Netlink;
import dev.gatehouse.transport.sys.AddressCache;
import dev.gatehouse.transport.sys.Counters;
import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import dev.gatehouse.wire.Ecn;
import dev.gatehouse.wire.PacketBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A TUN device, never blocking, that no other process shares.
///
/// The device lives as long as its descriptor: it goes when the process does. With offloads the
/// kernel hands over and takes packets of up to 64 KiB with a virtio header; they are cut and
/// joined in here, so that everybody else sees plain IP packets of at most the MTU. Not
/// thread-safe: owned by one shard; allocates nothing per packet.
public final class LinuxTun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxTun.class);
    private static final int TXQUEUELEN = 10_000;
    private static final long SIOCSIFMTU = 0x8922;
    private static final long SIOCSIFTXQLEN = 0x8943;
    private static final int READ_LENGTH_MAX = VirtioHeader.LENGTH + 65_535;
    private static final int READ_ALIGNMENT = 6; // so that the IP header lies at a multiple of 16

    private final int fd;
    private final String name;
    private final int mtu;
    private final AddressCache addresses = new AddressCache();
    private final Counters<TunCounter> counters = new Counters<>(TunCounter.class);
    private final boolean offloads;
    private final ByteBuffer staging;
    private final long stagingAddress;
    private final SegmentCutter cutter = new SegmentCutter();
    private final SegmentJoiner joiner;
    private final ByteBuffer vectors;
    private final long vectorsAddress;
    private boolean closed;

    private LinuxTun(int fd, String name, int mtu, boolean offloads, boolean joinsUdp) {
        this.fd = fd;
        this.name = name;
        this.mtu = mtu;
        this.offloads = offloads;
        joiner = new SegmentJoiner(joinsUdp);
        staging = ByteBuffer.allocateDirect(offloads ? READ_ALIGNMENT + READ_LENGTH_MAX : 0);
        stagingAddress = NativeMemory.address(staging);
        vectors = ByteBuffer.allocateDirect(SegmentJoiner.RUN_MAX * 16);
        vectors.order(ByteOrder.nativeOrder());
        vectorsAddress = NativeMemory.address(vectors);
    }

    /// Makes the device. The link stays down: see `LinkConfig`.
    ///
    /// @param name at most 15 characters
    /// @param offloads whether to move super-packets; the kernel may still refuse
    /// @throws TunException with one line that says how to mend it; also if the name is taken
    public static LinuxTun open(TunOwner owner, String name, int mtu, boolean offloads)
            throws TunException {
        int fd = TunDevice.open(name, offloads);
        try {
            mark(owner, name);
            new InterfaceRequest(name).number(mtu).onSocket(SIOCSIFMTU, "set MTU of " + name);
            new InterfaceRequest(name)
                    .number(TXQUEUELEN)
                    .onSocket(SIOCSIFTXQLEN, "set queue length of " + name);
            int taken = offloads ? TunDevice.offload(fd) : 0;
            LOG.debug("{} offloads 0x{}", name, Integer.toHexString(taken));
            return new LinuxTun(fd, name, mtu, offloads, TunDevice.takesUdpSegments(taken));
        } catch (IOException e) {
            Libc.C.close(fd);
            throw new TunException(e.getMessage());
        }
    }

    private static void mark(TunOwner owner, String name) throws IOException {
        try (var netlink = new Netlink(0, false)) {
            int index = InterfaceRequest.indexOf(name);
            int errno = Link.setAlias(netlink, index, owner.alias());
            if (errno != 0) {
                LOG.debug("{} has no alias: {}", name, Libc.C.strerror(errno));
            }
        }
    }

    /// The device of a process of ours in this network namespace.
    public static Optional<String> deviceOf(TunOwner owner) throws IOException {
        return Link.all().stream()
                .filter(link -> link.alias().equals(owner.alias()))
                .map(Link::name)
                .findFirst();
    }

    /// Which process has the device, for people.
    public static String holder(String device) {
        return TunHolder.find(device).orElse("a process of another container or user");
    }

    /// Fails as [#open] would if this host has no TUN driver; makes no device.
    public static void requireAvailable() throws TunException {
        Libc.C.close(TunDevice.openNode());
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
    /// The ECN of each is that of its own header, for the outer one.
    ///
    /// @return how many packets it holds; 0 when nothing waits
    /// @throws IOException if the device is gone
    public int read(PacketBatch batch) throws IOException {
        batch.clear();
        if (offloads) {
            readAndCut(batch);
        } else {
            readPlain(batch);
        }
        counters.add(TunCounter.READ_PACKETS, batch.count());
        return batch.count();
    }

    private void readPlain(PacketBatch batch) throws IOException {
        long base = addresses.of(batch.buffer());
        int slot = slotLength(mtu);
        int at = 0;
        while (hasRoom(batch, at)) {
            int offset = at + PacketBatch.HEADROOM_LENGTH;
            int length = (int) Libc.C.read(fd, base + offset, mtu + 1);
            if (length < 0) {
                if (isDrained(Libc.errno())) {
                    break;
                }
            } else if (length > mtu) {
                counters.add(TunCounter.READ_TOO_LONG, 1);
            } else {
                batch.add(offset, length, Ecn.ofPacket(batch.buffer(), offset));
                counters.add(TunCounter.READ_BYTES, length);
                at += slot;
            }
        }
    }

    private boolean hasRoom(PacketBatch batch, int at) {
        return !batch.isFull() && at + slotLength(mtu) <= batch.buffer().capacity();
    }

    private void readAndCut(PacketBatch batch) throws IOException {
        int at = 0;
        while (hasRoom(batch, at)) {
            if (cutter.hasNext()) {
                at += takeOne(batch, at);
                continue;
            }
            int length = (int) Libc.C.read(fd, stagingAddress + READ_ALIGNMENT, READ_LENGTH_MAX);
            if (length < 0) {
                if (isDrained(Libc.errno())) {
                    break;
                }
            } else if (!cutter.load(staging, READ_ALIGNMENT, length)) {
                counters.add(TunCounter.READ_NOT_UNDERSTOOD, 1);
            } else if (length > mtu + VirtioHeader.LENGTH) {
                counters.add(TunCounter.READ_JOINED, 1);
            }
        }
    }

    /// Returns the room it took.
    private int takeOne(PacketBatch batch, int at) {
        if (cutter.nextLength() > mtu) {
            cutter.skip();
            counters.add(TunCounter.READ_TOO_LONG, 1);
            return 0;
        }
        int offset = at + PacketBatch.HEADROOM_LENGTH;
        int length = cutter.next(batch.buffer(), offset);
        batch.add(offset, length, Ecn.ofPacket(batch.buffer(), offset));
        counters.add(TunCounter.READ_BYTES, length);
        return slotLength(mtu);
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
            case Errno.EBADFD -> throw new TunGoneException(name);
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
        int end = from + count;
        int written = 0;
        for (int i = from; i < end; ) {
            int run = 1;
            int length = batch.length(i);
            if (length > mtu) {
                counters.add(TunCounter.WRITE_TOO_LONG, 1);
            } else if (length > 0) {
                run = offloads ? joiner.run(batch, i, end) : 1;
                written += writeRun(batch, base, i, run) ? run : 0;
            }
            i += run;
        }
        counters.add(TunCounter.WRITTEN_PACKETS, written);
        return written;
    }

    private boolean writeRun(PacketBatch batch, long base, int from, int run) throws IOException {
        long address = base + batch.offset(from);
        int length = batch.length(from);
        if (!offloads) {
            return writeOne(address, length);
        }
        if (run == 1) {
            VirtioHeader.writePlain(batch.buffer(), batch.offset(from) - VirtioHeader.LENGTH);
            return writeOne(address - VirtioHeader.LENGTH, length + VirtioHeader.LENGTH);
        }
        joiner.writeHeader();
        putVector(0, address - VirtioHeader.LENGTH, length + VirtioHeader.LENGTH);
        for (int i = 1; i < run; i++) {
            int header = joiner.headerLength();
            putVector(i, base + batch.offset(from + i) + header, batch.length(from + i) - header);
        }
        counters.add(TunCounter.WRITTEN_JOINED, 1);
        return writeVectors(run);
    }

    private void putVector(int i, long address, int length) {
        vectors.putLong(i * 16, address);
        vectors.putLong(i * 16 + 8, length);
    }

    private boolean writeVectors(int count) throws IOException {
        while (true) {
            long written = Libc.C.writev(fd, vectorsAddress, count);
            if (written >= 0) {
                counters.add(TunCounter.WRITTEN_BYTES, written);
                return true;
            }
            int errno = Libc.errno();
            if (errno != Errno.EINTR) {
                handleWriteError(errno);
                return false;
            }
        }
    }

    private boolean writeOne(long address, int length) throws IOException {
        while (Libc.C.write(fd, address, length) < 0) {
            int errno = Libc.errno();
            if (errno != Errno.EINTR) {
                handleWriteError(errno);
                return false;
            }
        }
        counters.add(TunCounter.WRITTEN_BYTES, length);
        return true;
    }

    private void handleWriteError(int errno) throws IOException {
        switch (errno) {
            case Errno.EIO -> counters.add(TunCounter.WRITE_LINK_DOWN, 1);
            case Errno.EAGAIN, Errno.ENOBUFS, 12 /* ENOMEM */ ->
                    counters.add(TunCounter.WRITE_NO_ROOM, 1);
            case Errno.EINVAL -> counters.add(TunCounter.WRITE_REFUSED, 1);
            case Errno.EBADFD -> throw new TunGoneException(name);
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
