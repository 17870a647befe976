package dev.gatehouse.connectivity.peer;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.LookupTable;

/// Where peers are that have shown who they are: their handshakes come first. As many addresses as
/// there are connections, at most.
public final class PeerAddresses {
    private final LookupTable<IpAddress, Integer> peers = new LookupTable<>();

    /// A peer is at `to` and no longer at `from`; null stands for nowhere.
    public void move(IpAddress from, IpAddress to) {
        if (to != null && to.equals(from)) {
            return;
        }
        if (to != null) {
            change(to, 1);
        }
        if (from != null) {
            change(from, -1);
        }
    }

    private void change(IpAddress address, int by) {
        var count = peers.get(address);
        int changed = (count == null ? 0 : count) + by;
        if (changed == 0) {
            peers.remove(address);
        } else {
            peers.put(address, changed);
        }
    }

    /// Whether a peer is at `address`.
    public boolean contains(IpAddress address) {
        return peers.contains(address);
    }
}
