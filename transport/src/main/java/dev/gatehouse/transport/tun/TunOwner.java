package dev.gatehouse.transport.tun;

/// Whose TUN device it is. The link carries [#alias], as `ip link` shows it, so that a second
/// process of ours can tell with whom it shares the host.
public enum TunOwner {
    CLIENT("gatehouse client"),
    GATEWAY("gatehouse gateway");

    private final String alias;

    TunOwner(String alias) {
        this.alias = alias;
    }

    String alias() {
        return alias;
    }
}
