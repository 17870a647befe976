package dev.gatehouse.testkit;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/// One address translator with one public address, in the kinds of RFC 4787.
public final class Nat {
    /// How ports are chosen and what is let in.
    public enum Kind {
        /// One port per inside endpoint; anybody may send to it.
        FULL_CONE,
        /// One port per inside endpoint; only endpoints it has sent to may answer.
        PORT_RESTRICTED,
        /// A random port per inside endpoint and destination, which alone may answer.
        SYMMETRIC
    }

    private record Key(Endpoint inside, Optional<Endpoint> remote) {}

    private static final int FIRST_RANDOM_PORT = 20_000;
    private static final int RANDOM_PORTS = 40_000;

    private final Kind kind;
    private final IpAddress publicAddress;
    private final RandomGenerator random;
    private final Map<Key, Endpoint> outsideByKey = new HashMap<>();
    private final Map<Endpoint, Key> keyByOutside = new HashMap<>();
    private final Map<Endpoint, Set<Endpoint>> contactedByOutside = new HashMap<>();

    public Nat(Kind kind, IpAddress publicAddress, RandomGenerator random) {
        this.kind = kind;
        this.publicAddress = publicAddress;
        this.random = random;
    }

    public IpAddress publicAddress() {
        return publicAddress;
    }

    /// The public endpoint from which a datagram of `inside` to `remote` leaves.
    public Endpoint outbound(Endpoint inside, Endpoint remote) {
        var key = new Key(inside, Optional.of(remote).filter(_ -> kind == Kind.SYMMETRIC));
        var outside = outsideByKey.computeIfAbsent(key, this::allocate);
        contactedByOutside.computeIfAbsent(outside, _ -> new HashSet<>()).add(remote);
        return outside;
    }

    private Endpoint allocate(Key key) {
        var preserved = new Endpoint(publicAddress, key.inside().port());
        var outside = kind == Kind.SYMMETRIC ? randomPort() : preserved;
        while (keyByOutside.containsKey(outside)) {
            outside = randomPort();
        }
        keyByOutside.put(outside, key);
        return outside;
    }

    private Endpoint randomPort() {
        return new Endpoint(publicAddress, FIRST_RANDOM_PORT + random.nextInt(RANDOM_PORTS));
    }

    /// The inside endpoint that gets what `remote` sent to `outside`, or empty if it is filtered.
    public Optional<Endpoint> inbound(Endpoint outside, Endpoint remote) {
        var key = keyByOutside.get(outside);
        boolean open =
                key != null
                        && (kind == Kind.FULL_CONE
                                || contactedByOutside.get(outside).contains(remote));
        return open ? Optional.of(key.inside()) : Optional.empty();
    }

    /// Forgets every mapping, as a restarted router does.
    public void restart() {
        outsideByKey.clear();
        keyByOutside.clear();
        contactedByOutside.clear();
    }
}
