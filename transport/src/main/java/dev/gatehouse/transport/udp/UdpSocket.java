package dev.gatehouse.transport.udp;

import static dev.gatehouse.transport.sys.SocketConstants.MSG_TRUNC;

import dev.gatehouse.transport.sys.AddressCache;
import dev.gatehouse.transport.sys.Counters;
import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.Transmit;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A non-blocking UDP socket of one family that moves batches: one system call, many datagrams.
///
/// Datagrams of a batch share their path. Received ones come coalesced by the kernel (UDP_GRO) and
/// are cut into packets; sent ones leave through one call (UDP_SEGMENT). What the kernel cannot
/// take waits in a bounded queue. Not thread-safe: owned by one shard; allocates nothing
/// per packet.
public final class UdpSocket implements AutoCloseable {
    /// The longest UDP payload over IPv4.
    public static final int PAYLOAD_LENGTH_MAX = 65_507;

    private static final Logger LOG = LoggerFactory.getLogger(UdpSocket.class);
    private static final int RECEIVE_ATTEMPTS_MAX = 16;
    private static final int SEGMENTS_MAX = 64;
    private static final int HEADERS_V4_LENGTH = 60 + 8;
    private static final int HEADERS_V6_LENGTH = 40 + 8;
    private static final int BATCH_BYTES =
            PacketBatch.HEADROOM_LENGTH + 65_535 + PacketBatch.TAILROOM_LENGTH;
    private static final int BATCH_PACKETS = 128;

    private final int fd;
    private final UdpConfig config;
    private final Endpoint local;
    private final int headersLength;
    private final int segmentsMax;
    private final MessageHeader message = new MessageHeader();
    private final AddressCache addresses = new AddressCache();
    private final Counters<UdpCounter> counters = new Counters<>(UdpCounter.class);
    private final NarrowPaths narrowIn = new NarrowPaths();
    private final NarrowPaths narrowOut = new NarrowPaths();
    private final NarrowPaths lossy = new NarrowPaths();
    private SendQueue queue;
    private ByteBuffer copy;
    private final Transmit copied = new Transmit();
    private long errorsLogged;
    private boolean closed;

    private UdpSocket(int fd, UdpConfig config, Endpoint local) {
        this.fd = fd;
        this.config = config;
        this.local = local;
        headersLength = local.isV4() ? HEADERS_V4_LENGTH : HEADERS_V6_LENGTH;
        segmentsMax = config.offloads() ? SEGMENTS_MAX : 1;
    }

    /// Opens a socket.
    ///
    /// @throws IOException if the family is missing, or the port is taken and no other is allowed
    public static UdpSocket open(UdpConfig config) throws IOException {
        int fd = UdpSocketOpener.open(config);
        try {
            return new UdpSocket(fd, config, UdpSocketOpener.localEndpoint(fd));
        } catch (IOException e) {
            Libc.C.close(fd);
            throw e;
        }
    }

    /// A batch big enough for whatever one [#receive] brings.
    public static DatagramBatch newBatch() {
        return new DatagramBatch(PacketBatch.allocate(BATCH_BYTES, BATCH_PACKETS));
    }

    public int fd() {
        return fd;
    }

    /// The bound address, often unspecified, and the port.
    public Endpoint local() {
        return local;
    }

    public IpAddress.Family family() {
        return local.family();
    }

    public int port() {
        return local.port();
    }

    /// Totals; any thread may read them.
    public Counters<UdpCounter> counters() {
        return counters;
    }

    /// Receives datagrams of one path, each with its ECN bits; the first has room before it and the
    /// last behind it.
    ///
    /// @return how many the batch holds; 0 when nothing waits
    /// @throws IOException if the socket is broken, never because of what a peer sent
    public int receive(DatagramBatch batch) throws IOException {
        var packets = batch.packets();
        int offset = PacketBatch.HEADROOM_LENGTH;
        int room = packets.buffer().capacity() - offset - PacketBatch.TAILROOM_LENGTH;
        for (int attempt = 0; attempt < RECEIVE_ATTEMPTS_MAX; attempt++) {
            message.prepareReceive(addresses.of(packets.buffer()) + offset, room);
            int length = (int) Libc.C.recvmsg(fd, message.address(), 0);
            if (length < 0) {
                int errno = Libc.errno();
                if (errno == Errno.EAGAIN) {
                    return 0;
                }
                handleReceiveError(errno);
            } else if (fill(batch, offset, length) > 0) {
                return packets.count();
            }
        }
        return 0;
    }

    private void handleReceiveError(int errno) throws IOException {
        if (errno == Errno.EINTR) {
            return;
        }
        counters.add(UdpCounter.RECEIVE_ERRORS, 1);
        boolean fatal = errno == Errno.EBADF || errno == Errno.EINVAL || errno == 14; // EFAULT
        if (fatal) {
            throw new ErrnoException("recvmsg on UDP port " + port(), errno);
        }
    }

    private int fill(DatagramBatch batch, int offset, int length) {
        message.parseControl(port());
        var destination = message.destination();
        if (destination == null) {
            counters.add(UdpCounter.RECEIVED_WITHOUT_DESTINATION, 1);
            return 0;
        }
        if (length == 0) {
            counters.add(UdpCounter.RECEIVED_EMPTY, 1);
            return 0;
        }
        if (message.fragmentLength() != 0) {
            noteFragments();
        }
        int segment = message.segmentLength() == 0 ? length : message.segmentLength();
        boolean cut = (message.flags() & MSG_TRUNC) != 0;
        if (cut || segment > config.datagramLengthMax()) {
            counters.add(UdpCounter.RECEIVED_TOO_LONG, (length + segment - 1) / segment);
            return 0;
        }
        batch.reset(destination, message.remote());
        cutIntoPackets(batch.packets(), offset, length, segment);
        return batch.packets().count();
    }

    private void noteFragments() {
        counters.add(UdpCounter.RECEIVED_FRAGMENTED, 1);
        var from = message.remote().address();
        if (narrowIn.add(from, message.fragmentLength())) {
            LOG.warn(
                    "UDP port {}: datagrams arrive in fragments of {} bytes: a link on their way"
                            + " has a small MTU, which costs speed",
                    port(),
                    message.fragmentLength());
            LOG.debug("fragments come from {}", from);
        }
    }

    private void cutIntoPackets(PacketBatch packets, int offset, int length, int segment) {
        int ecn = message.ecn();
        int at = 0;
        while (at < length && !packets.isFull()) {
            packets.add(offset + at, Math.min(segment, length - at), ecn);
            at += segment;
        }
        if (at < length) {
            int lost = (length - at + segment - 1) / segment;
            counters.add(UdpCounter.RECEIVED_BEYOND_BATCH, lost);
        }
        counters.add(UdpCounter.RECEIVED_BATCHES, 1);
        counters.add(UdpCounter.RECEIVED_DATAGRAMS, packets.count());
        counters.add(UdpCounter.RECEIVED_BYTES, Math.min(at, length));
    }

    /// Sends the datagrams of `transmit`, or queues what the kernel has no room for.
    ///
    /// @throws IOException if the socket is broken; what the network refuses is counted and dropped
    public SendOutcome send(Transmit transmit) throws IOException {
        if (transmit.remote().family() != family()) {
            throw new IllegalArgumentException("remote address is not of the socket's family");
        }
        if (hasQueued() && !flush()) {
            return enqueue(transmit, 0);
        }
        var direct = transmit.buffer().isDirect() ? transmit : copyOffHeap(transmit);
        int done = sendFrom(direct);
        if (done >= 0) {
            return enqueue(direct, done);
        }
        return done == DONE ? SendOutcome.SENT : SendOutcome.DROPPED;
    }

    /// Sends what waits. Returns true once nothing does.
    public boolean flush() throws IOException {
        while (hasQueued()) {
            int done = sendFrom(queue.peek());
            if (done > 0) {
                queue.consume(done);
            }
            if (done >= 0) {
                return false;
            }
            queue.remove();
        }
        return true;
    }

    /// Whether the owner should watch for the socket becoming writable.
    public boolean hasQueued() {
        return queue != null && !queue.isEmpty();
    }

    private SendOutcome enqueue(Transmit transmit, int from) {
        if (queue == null) {
            queue = new SendQueue(config.sendQueueBytes());
        }
        if (queue.add(transmit, from)) {
            counters.add(UdpCounter.SEND_QUEUED, 1);
            return SendOutcome.QUEUED;
        }
        int left = transmit.length() - from;
        int segment = transmit.segmentLength();
        counters.add(UdpCounter.SEND_QUEUE_FULL, (left + segment - 1) / segment);
        return SendOutcome.DROPPED;
    }

    private Transmit copyOffHeap(Transmit transmit) {
        if (copy == null || copy.capacity() < transmit.length()) {
            int atLeast = Math.max(2048, transmit.length());
            copy = ByteBuffer.allocateDirect(Integer.highestOneBit(2 * atLeast - 1));
        }
        copy.put(0, transmit.buffer(), transmit.offset(), transmit.length());
        copied.path(transmit.local(), transmit.remote());
        copied.content(copy, 0, transmit.length(), transmit.segmentLength(), transmit.ecn());
        return copied;
    }

    private static final int DONE = -1;
    private static final int LOST = -2;

    /// Returns [#DONE], [#LOST] if any datagram was, or the bytes sent before the kernel was
    /// full.
    private int sendFrom(Transmit transmit) throws IOException {
        int segment = transmit.segmentLength();
        int chunk = chunkLength(transmit);
        long address = addresses.of(transmit.buffer()) + transmit.offset();
        int refusal = 0;
        int result = DONE;
        int at = 0;
        while (at < transmit.length()) {
            int length = Math.min(chunk, transmit.length() - at);
            int errno = sendChunk(transmit, address + at, length);
            if (length > segment && isRefusalToSegment(errno)) {
                counters.add(UdpCounter.SEND_UNSEGMENTED, 1);
                refusal = errno;
                chunk = segment;
                continue; // the same again, one by one
            }
            if (errno == Errno.EAGAIN) {
                return at;
            }
            if (errno != 0 && refusal != 0) { // it was not the length: the rest would fail alike
                handleSendError(errno, (transmit.length() - at + segment - 1) / segment);
                return LOST;
            }
            if (errno != 0) {
                handleSendError(errno, (length + segment - 1) / segment);
                result = LOST;
            } else if (refusal != 0) {
                noteNarrow(transmit, refusal);
                refusal = 0;
            }
            at += length;
        }
        return result;
    }

    /// Takes note that long datagrams to `remote` are lost on the way and short ones are not. Says
    /// so once an address.
    public void handleLongOnesLost(IpAddress remote) {
        if (!lossy.add(remote, 0)) {
            return;
        }
        counters.add(UdpCounter.SEND_PATHS_LOSSY, 1);
        LOG.warn(
                "UDP port {}: long datagrams to a peer are lost on their way and short ones are"
                        + " not: a link has a small MTU, and ICMPv6 packet-too-big does not come"
                        + " back; let it pass the firewalls there",
                port());
        LOG.debug("lost on the way to {}", remote);
    }

    /// Whole segments; a single one on a way that is known to be narrow.
    private int chunkLength(Transmit transmit) {
        int segment = transmit.segmentLength();
        int segments = Math.min(segmentsMax, (65_535 - headersLength) / segment);
        boolean isSingle =
                transmit.length() <= segment
                        || narrowOut.isNarrow(transmit.remote().address(), segment);
        return isSingle ? segment : Math.max(1, segments) * segment;
    }

    /// The device cannot, or segments are longer than the MTU of the way; kernels differ in how
    /// they say the latter.
    private static boolean isRefusalToSegment(int errno) {
        return errno == Errno.EIO || errno == Errno.EMSGSIZE || errno == Errno.EINVAL;
    }

    /// What was refused as a batch went out one by one.
    private void noteNarrow(Transmit transmit, int refusal) {
        var remote = transmit.remote().address();
        if (refusal == Errno.EIO || !narrowOut.add(remote, transmit.segmentLength())) {
            return;
        }
        counters.add(UdpCounter.SEND_PATHS_NARROW, 1);
        LOG.warn(
                "UDP port {}: datagrams of {} bytes are longer than the MTU of their way and leave"
                        + " in fragments, which costs speed",
                port(),
                transmit.segmentLength());
        LOG.debug("fragments go to {}", remote);
    }

    private int sendChunk(Transmit transmit, long address, int length) {
        int segment = transmit.segmentLength();
        message.preparePath(
                transmit.local(),
                transmit.remote(),
                transmit.ecn(),
                length > segment ? segment : 0);
        return sendMessage(address, length, (length + segment - 1) / segment);
    }

    private int sendMessage(long address, int length, int datagrams) {
        message.prepareSend(address, length);
        long sent;
        do {
            sent = Libc.C.sendmsg(fd, message.address(), 0);
        } while (sent < 0 && Libc.errno() == Errno.EINTR);
        if (sent < 0) {
            return Libc.errno();
        }
        counters.add(UdpCounter.SENT_BATCHES, 1);
        counters.add(UdpCounter.SENT_DATAGRAMS, datagrams);
        counters.add(UdpCounter.SENT_BYTES, length);
        return 0;
    }

    /// tunnel.md 1.5: what the network refuses is not our failure.
    private void handleSendError(int errno, int datagrams) throws IOException {
        switch (errno) {
            case Errno.ENETUNREACH,
                    Errno.EHOSTUNREACH,
                    Errno.EADDRNOTAVAIL,
                    Errno.EHOSTDOWN,
                    Errno.ENETDOWN,
                    Errno.EINVAL ->
                    counters.add(UdpCounter.SEND_UNREACHABLE, datagrams);
            case Errno.EPERM, Errno.EACCES -> {
                counters.add(UdpCounter.SEND_NOT_PERMITTED, datagrams);
                logOnce(errno);
            }
            case Errno.EMSGSIZE -> {
                counters.add(UdpCounter.SEND_TOO_LONG, datagrams);
                logOnce(errno);
            }
            case Errno.ENOBUFS -> counters.add(UdpCounter.SEND_QUEUE_FULL, datagrams);
            case Errno.EBADF -> throw new ErrnoException("sendmsg on UDP port " + port(), errno);
            default -> {
                counters.add(UdpCounter.SEND_FAILED, datagrams);
                logOnce(errno);
            }
        }
    }

    private void logOnce(int errno) {
        long bit = 1L << (errno & 63);
        if ((errorsLogged & bit) == 0) {
            errorsLogged |= bit;
            String reason = Libc.C.strerror(errno);
            LOG.info("UDP port {} drops what it cannot send: {}", port(), reason);
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
