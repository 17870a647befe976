package dev.gatehouse.transport.udp;

import dev.gatehouse.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/// Remote addresses with a narrow way: the longest datagrams do not fit its MTU.
///
/// The kernel refuses to segment a batch whose segments exceed the MTU it knows, so batches to such
/// an address leave one datagram at a time, which the kernel may fragment. The MTU may be another
/// later: every 256th batch is tried whole again. Remembers 1,024 addresses and forgets the one
/// that was found first. Owned by the thread of the socket.
final class NarrowPaths {
    private static final int PATHS_MAX = 1_024;
    private static final int BATCHES_UNTIL_RETRY = 256;

    private static final class Narrow {
        private int segmentLength; // the shortest that was refused
        private int batchesLeft; // until it is tried again
    }

    private final Map<IpAddress, Narrow> byRemote =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<IpAddress, Narrow> eldest) {
                    return size() > PATHS_MAX;
                }
            };

    /// Whether a batch with this segment length is to be sent one by one. Runs per batch.
    boolean isNarrow(IpAddress remote, int segmentLength) {
        if (byRemote.isEmpty()) {
            return false;
        }
        var narrow = byRemote.get(remote);
        return narrow != null && segmentLength >= narrow.segmentLength && narrow.batchesLeft-- > 0;
    }

    /// A datagram of this length did not fit. Returns true if nothing was known of that address.
    boolean add(IpAddress remote, int segmentLength) {
        var known = byRemote.get(remote);
        var narrow = known == null ? new Narrow() : known;
        boolean isShorter = known == null || segmentLength < narrow.segmentLength;
        narrow.segmentLength = isShorter ? segmentLength : narrow.segmentLength;
        narrow.batchesLeft = BATCHES_UNTIL_RETRY;
        if (known == null) {
            byRemote.put(remote, narrow);
        }
        return known == null;
    }
}
