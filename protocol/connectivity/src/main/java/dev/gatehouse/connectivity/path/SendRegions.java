package dev.gatehouse.connectivity.path;

import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.turn.Channel;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.Transmit;
import dev.gatehouse.wireguard.SealedBatch;
import dev.gatehouse.wireguard.WireGuardTunnel;
import dev.gatehouse.wireguard.message.MessageType;
import java.nio.ByteBuffer;

/// Sealed packets waiting to be sent, cut for segmentation offload: a region is one path, one ECN
/// and equal sizes, of which only the last may be shorter.
///
/// One buffer, filled from its start and started over once every region was polled. When it is
/// full, packets are refused: the caller drains and comes again. Allocates nothing per packet.
public final class SendRegions {
    static final int SEGMENTS_MAX = 64;
    static final int REGION_BYTES_MAX = 65_507;

    private static final int CIPHER_GROUP = 16;
    private static final int REGIONS_MAX = 512;
    private static final int NO_CHANNEL = 0;

    private final ByteBuffer buffer;
    private final SealedBatch sealed;
    private final Endpoint[] locals = new Endpoint[REGIONS_MAX];
    private final Endpoint[] remotes = new Endpoint[REGIONS_MAX];
    private final int[] offsets = new int[REGIONS_MAX];
    private final int[] lengths = new int[REGIONS_MAX];
    private final int[] segmentLengths = new int[REGIONS_MAX];
    private final int[] ecns = new int[REGIONS_MAX];
    private int regions;
    private int polled;
    private int end;

    private Path openPath = Path.None.NONE; // of the last region, while that may grow
    private Path path = Path.None.NONE;
    private Endpoint local = Endpoint.ANY_V4;
    private Endpoint remote = Endpoint.ANY_V4;
    private int channel;

    SendRegions(int bytes) {
        buffer = ByteBuffer.allocateDirect(bytes);
        sealed = new SealedBatch(buffer, SEGMENTS_MAX);
    }

    /// What is sealed from here on leaves straight from a socket.
    public void target(Path.Direct direct) {
        path = direct;
        local = direct.info().local();
        remote = direct.info().remote();
        channel = NO_CHANNEL;
    }

    /// What is sealed from here on leaves through `relayed`, behind channel data headers.
    public void target(Path.Relayed relayed, Channel through) {
        path = relayed;
        remote = relayed.relay().activeServer();
        local = Endpoint.any(remote.family());
        channel = through.number();
    }

    /// Seals packets for the target; skips lengths of 0 or less. Returns how many were taken.
    public int seal(WireGuardTunnel tunnel, PacketBatch in, int from, int count, long nowNs) {
        int i = from;
        while (i < from + count) {
            if (in.length(i) <= 0) {
                i++;
                continue;
            }
            if (!isGrowableBy(in, i) && !openRegion(in, i)) {
                break;
            }
            int run = runLength(in, i, from + count);
            append(tunnel, in, i, run, nowNs);
            i += run;
        }
        return i - from;
    }

    /// As many as one send takes, in whole groups of what ciphers work on at once: 48 packets of
    /// full length, although 49 would fit.
    private static int segmentsMax(int segmentLength) {
        int fitting = Math.min(SEGMENTS_MAX, REGION_BYTES_MAX / segmentLength);
        return fitting < CIPHER_GROUP ? fitting : fitting / CIPHER_GROUP * CIPHER_GROUP;
    }

    private int segmentLength(PacketBatch in, int i) {
        int headroom = channel == NO_CHANNEL ? 0 : ChannelData.HEADER_LENGTH;
        return headroom + in.length(i) + MessageType.DATA_OVERHEAD_LENGTH;
    }

    private boolean isGrowableBy(PacketBatch in, int i) {
        if (openPath != path) {
            return false;
        }
        int last = regions - 1;
        int segment = segmentLength(in, i);
        return in.ecn(i) == ecns[last]
                && segment <= segmentLengths[last]
                && lengths[last] < segmentsMax(segmentLengths[last]) * segmentLengths[last]
                && lengths[last] + segment <= REGION_BYTES_MAX
                && end + segment <= buffer.capacity();
    }

    private boolean openRegion(PacketBatch in, int i) {
        int segment = segmentLength(in, i);
        if (regions == REGIONS_MAX || end + segment > buffer.capacity()) {
            return false;
        }
        locals[regions] = local;
        remotes[regions] = remote;
        offsets[regions] = end;
        lengths[regions] = 0;
        segmentLengths[regions] = segment;
        ecns[regions] = in.ecn(i);
        regions++;
        openPath = path;
        return true;
    }

    /// How many packets from `from` on the open region takes: at least one, as the caller checked.
    private int runLength(PacketBatch in, int from, int to) {
        int last = regions - 1;
        int segments = lengths[last] / segmentLengths[last];
        int segmentsMax = segmentsMax(segmentLengths[last]);
        int roomBytes = Math.min(REGION_BYTES_MAX - lengths[last], buffer.capacity() - end);
        int i = from;
        while (i < to && segments < segmentsMax && in.length(i) > 0 && in.ecn(i) == ecns[last]) {
            int segment = segmentLength(in, i);
            if (segment > segmentLengths[last] || segment > roomBytes) {
                break;
            }
            roomBytes -= segment;
            segments++;
            i++;
            if (segment < segmentLengths[last]) { // a shorter one closes the region
                openPath = Path.None.NONE;
                break;
            }
        }
        return i - from;
    }

    private void append(WireGuardTunnel tunnel, PacketBatch in, int from, int run, long nowNs) {
        sealed.reset(end, channel == NO_CHANNEL ? 0 : ChannelData.HEADER_LENGTH);
        int bytes = tunnel.seal(in, from, run, sealed, nowNs);
        assert bytes > 0 : "the caller checked canSeal";
        if (channel != NO_CHANNEL) {
            for (int i = 0; i < sealed.count(); i++) {
                int header = sealed.offset(i) - ChannelData.HEADER_LENGTH;
                ChannelData.writeHeader(buffer, header, channel, sealed.length(i));
            }
        }
        lengths[regions - 1] += bytes;
        end += bytes;
    }

    /// Points `view` at the next region; false if there is none.
    boolean poll(Transmit view) {
        if (polled == regions) {
            return false;
        }
        int i = polled++;
        view.path(locals[i], remotes[i]);
        view.content(buffer, offsets[i], lengths[i], segmentLengths[i], ecns[i]);
        if (polled == regions) {
            polled = 0;
            regions = 0;
            end = 0;
            openPath = Path.None.NONE;
        }
        return true;
    }
}
