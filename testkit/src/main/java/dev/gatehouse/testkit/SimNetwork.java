package dev.gatehouse.testkit;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;

/// A network in memory: datagrams arrive after a latency, in virtual time, or not at all.
///
/// Hosts are public or behind a [Nat]. Hosts behind one translator reach each other by their
/// private addresses; a private address of another site is unreachable. A translator works on the
/// family of its public address; the other family passes through it.
public final class SimNetwork {
    /// Where loss, latency and reordering plug in: the delay, or empty to drop.
    @FunctionalInterface
    public interface Link {
        OptionalLong delayNs(Endpoint from, Endpoint to, int length, long nowNs);

        /// Everything arrives, in order, after `delayNs`.
        static Link steady(long delayNs) {
            return (_, _, _, _) -> OptionalLong.of(delayNs);
        }

        /// Drops `lossPercent` of 100 and delays the rest by `minNs` to `maxNs`, which reorders.
        static Link rough(RandomGenerator random, int lossPercent, long minNs, long maxNs) {
            return (_, _, _, _) ->
                    random.nextInt(100) < lossPercent
                            ? OptionalLong.empty()
                            : OptionalLong.of(random.nextLong(minNs, maxNs + 1));
        }
    }

    private record Host(String name, Optional<Nat> nat) {}

    private record InFlight(long arrivesAtNs, long sequence, SimDatagram datagram) {}

    public static final long NEVER = Long.MAX_VALUE;

    private final Map<IpAddress, Host> hosts = new HashMap<>();
    private final Map<IpAddress, Nat> nats = new HashMap<>();
    private final PriorityQueue<InFlight> inFlight =
            new PriorityQueue<>(
                    Comparator.comparingLong(InFlight::arrivesAtNs)
                            .thenComparingLong(InFlight::sequence));
    private Link link;
    private long sequence;
    private long lost;

    public SimNetwork(Link link) {
        this.link = link;
    }

    /// Changes what happens to datagrams sent from here on.
    public void link(Link link) {
        this.link = link;
    }

    public void addHost(String name, IpAddress... addresses) {
        List.of(addresses).forEach(a -> hosts.put(a, new Host(name, Optional.empty())));
    }

    public void addHostBehind(Nat nat, String name, IpAddress... addresses) {
        nats.put(nat.publicAddress(), nat);
        List.of(addresses).forEach(a -> hosts.put(a, new Host(name, Optional.of(nat))));
    }

    /// Unplugs an address: what is sent to it, or is on the way, is lost.
    public void removeAddress(IpAddress address) {
        hosts.remove(address);
    }

    /// Sends from `local`, which must be an address of some host.
    public void send(Endpoint local, Endpoint remote, byte[] payload, long nowNs) {
        var sender = hosts.get(local.address());
        if (sender == null) {
            lost++;
            return;
        }
        var receiver = hosts.get(remote.address());
        boolean sameSite = receiver != null && receiver.nat().equals(sender.nat());
        var translator = sameSite ? Optional.<Nat>empty() : translator(sender, local);
        var source = translator.map(nat -> nat.outbound(local, remote)).orElse(local);
        var arrival = sameSite ? Optional.of(remote) : arrival(source, remote);
        var delay = link.delayNs(local, remote, payload.length, nowNs);
        if (arrival.isEmpty() || delay.isEmpty()) {
            lost++;
            return;
        }
        var host = hosts.get(arrival.get().address());
        var datagram = new SimDatagram(host.name(), arrival.get(), source, payload.clone());
        inFlight.add(new InFlight(nowNs + delay.getAsLong(), sequence++, datagram));
    }

    private static Optional<Nat> translator(Host host, Endpoint endpoint) {
        return host.nat().filter(nat -> nat.publicAddress().family() == endpoint.family());
    }

    /// The endpoint behind `remote` for somebody outside, or empty if nobody gets it.
    private Optional<Endpoint> arrival(Endpoint source, Endpoint remote) {
        var nat = nats.get(remote.address());
        if (nat != null) {
            return nat.inbound(remote, source).filter(e -> hosts.containsKey(e.address()));
        }
        var host = hosts.get(remote.address());
        boolean reachable = host != null && translator(host, remote).isEmpty();
        return reachable ? Optional.of(remote) : Optional.empty();
    }

    /// The next datagram that arrived by `nowNs`, or null.
    public SimDatagram pollArrival(long nowNs) {
        while (pollTimeout() <= nowNs) {
            var datagram = inFlight.remove().datagram();
            if (hosts.containsKey(datagram.local().address())) {
                return datagram;
            }
            lost++;
        }
        return null;
    }

    public long pollTimeout() {
        return inFlight.isEmpty() ? NEVER : inFlight.peek().arrivesAtNs();
    }

    /// Datagrams that reached nobody: dropped by the link, filtered by a translator, unreachable.
    public long lost() {
        return lost;
    }
}
