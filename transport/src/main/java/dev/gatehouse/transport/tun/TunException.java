package dev.gatehouse.transport.tun;

import dev.gatehouse.transport.netlink.Link;
import java.io.IOException;
import java.util.Optional;

/// The TUN device cannot be had. The message is one line that says why and how to mend it.
public final class TunException extends IOException {
    private static final long serialVersionUID = 1;

    private final TunOwner owner; // null if it is nobody of ours

    TunException(String message) {
        this(message, null);
    }

    private TunException(String message, TunOwner owner) {
        super(message);
        this.owner = owner;
    }

    /// @param link what has the name
    static TunException taken(String name, Optional<Link> link) {
        return new TunException(
                "cannot make the TUN device %s: %s".formatted(name, reason(name, link)),
                link.flatMap(TunException::owner).orElse(null));
    }

    private static String reason(String name, Optional<Link> link) {
        if (link.isPresent() && !link.get().kind().equals("tun")) {
            return "an interface of that name exists and is no TUN device; choose another name";
        }
        if (link.isPresent() && link.get().isPersistent() && TunHolder.find(name).isEmpty()) {
            return "a persistent one of that name is left over: ip link delete " + name;
        }
        return LinuxTun.holder(name) + " has it; end that process, or choose another name";
    }

    private static Optional<TunOwner> owner(Link link) {
        for (var owner : TunOwner.values()) {
            if (owner.alias().equals(link.alias())) {
                return Optional.of(owner);
            }
        }
        return Optional.empty();
    }

    /// Who of ours has the name; empty if somebody else has, or if that is not the reason.
    public Optional<TunOwner> takenBy() {
        return Optional.ofNullable(owner);
    }
}
