package dev.gatehouse.dataplane.gateway.fragment;

import dev.gatehouse.dataplane.gateway.nat.NatSession;
import dev.gatehouse.wire.IpPacket;
import java.util.ArrayDeque;
import java.util.Arrays;

/// One datagram in pieces: what its first one decided, and which bytes have passed. Managed by its
/// [FragmentTable].
///
/// ```
/// UNDECIDED --first piece--> ADMITTED --overlap--> REFUSED
///     +------first piece---------------------------^
/// ```
public final class FragmentedDatagram {
    /// The most pieces of one datagram that wait: 40 KB.
    private static final int HELD_MAX = 32;

    /// Runs of bytes apart from each other; pieces that come in order make one.
    private static final int RANGES_MAX = 32;

    private enum Stage {
        UNDECIDED,
        ADMITTED,
        REFUSED
    }

    private final long beganNs;
    private Stage stage = Stage.UNDECIDED;
    private ArrayDeque<byte[]> held; // null: none
    private int[] ranges = new int[4]; // begin, end, begin, end...
    private int rangesLength;
    private int end = Integer.MAX_VALUE; // of the whole datagram, once its last piece is known

    // What the first piece decided, for the others to be checked and rewritten by.
    private int protocol;
    private int remotePort;
    private boolean isUnchecked;
    private NatSession session;

    FragmentedDatagram(long beganNs) {
        this.beganNs = beganNs;
    }

    long beganNs() {
        return beganNs;
    }

    boolean isUndecided() {
        return stage == Stage.UNDECIDED;
    }

    boolean isRefused() {
        return stage == Stage.REFUSED;
    }

    void admit(IpPacket first) {
        stage = Stage.ADMITTED;
        rangesLength = 0;
        add(0, first.fragmentEnd());
    }

    /// What was decided about the first piece.
    ///
    /// @param remotePort 0 for protocols without ports
    /// @param isUnchecked from or to the gateway itself
    /// @param session null: not translated
    public void decide(int protocol, int remotePort, boolean isUnchecked, NatSession session) {
        this.protocol = protocol;
        this.remotePort = remotePort;
        this.isUnchecked = isUnchecked;
        this.session = session;
    }

    public int protocol() {
        return protocol;
    }

    public int remotePort() {
        return remotePort;
    }

    public boolean isUnchecked() {
        return isUnchecked;
    }

    public NatSession session() {
        return session;
    }

    /// Returns how many pieces had waited.
    int refuse() {
        stage = Stage.REFUSED;
        return dropHeld();
    }

    /// Returns how many there were.
    int dropHeld() {
        int waited = held == null ? 0 : held.size();
        held = null;
        return waited;
    }

    /// False if there is no room.
    boolean hold(IpPacket piece) {
        if (held == null) {
            held = new ArrayDeque<>(4);
        }
        if (held.size() >= HELD_MAX) {
            return false;
        }
        var bytes = new byte[piece.totalLength()];
        piece.buffer().get(piece.offset(), bytes);
        held.add(bytes);
        return true;
    }

    byte[] takeHeld() {
        return held == null ? null : held.poll();
    }

    /// False, for this piece and all that follow, if it overlaps another or contradicts the length.
    boolean append(IpPacket piece) {
        int from = piece.fragmentOffset();
        int to = piece.fragmentEnd();
        boolean isLast = !piece.hasMoreFragments();
        boolean fits =
                to <= end
                        && (!isLast || end == Integer.MAX_VALUE && to >= farthest())
                        && !overlaps(from, to)
                        && add(from, to);
        if (!fits) {
            stage = Stage.REFUSED;
            return false;
        }
        end = isLast ? to : end;
        return true;
    }

    private int farthest() {
        int farthest = 0;
        for (int i = 1; i < rangesLength; i += 2) {
            farthest = Math.max(farthest, ranges[i]);
        }
        return farthest;
    }

    private boolean overlaps(int from, int to) {
        for (int i = 0; i < rangesLength; i += 2) {
            if (from < ranges[i + 1] && ranges[i] < to) {
                return true;
            }
        }
        return false;
    }

    /// Joins what touches. False if there are too many runs.
    private boolean add(int from, int to) {
        for (int i = 0; i < rangesLength; i += 2) {
            if (ranges[i + 1] == from || ranges[i] == to) {
                int begin = Math.min(from, ranges[i]);
                int finish = Math.max(to, ranges[i + 1]);
                ranges[i] = ranges[rangesLength - 2];
                ranges[i + 1] = ranges[rangesLength - 1];
                rangesLength -= 2;
                return add(begin, finish);
            }
        }
        if (rangesLength == 2 * RANGES_MAX) {
            return false;
        }
        if (rangesLength == ranges.length) {
            ranges = Arrays.copyOf(ranges, 2 * ranges.length);
        }
        ranges[rangesLength++] = from;
        ranges[rangesLength++] = to;
        return true;
    }

    /// Every byte has passed.
    boolean isWhole() {
        return rangesLength == 2 && ranges[0] == 0 && ranges[1] == end;
    }
}
