package dev.gatehouse.ice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.wire.Endpoint;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// A client and a gateway over a small network: 10 ms one way, optional NATs, a relay that is just
/// a second address of its owner.
class TwoAgentsSimTest {
    private static final long ONE_WAY_NS = Duration.ofMillis(10).toNanos();
    private static final Endpoint CLIENT_HOST = Endpoint.parse("10.1.0.2:52625");
    private static final Endpoint GATEWAY_HOST = Endpoint.parse("10.2.0.2:52625");
    private static final Endpoint CLIENT_RELAYED = Endpoint.parse("198.51.100.7:50001");
    private static final Endpoint GATEWAY_RELAYED = Endpoint.parse("198.51.100.7:50002");

    private enum Nat {
        NONE,
        /// One mapping for a socket; lets in only whom the socket has sent to.
        PORT_RESTRICTED,
        /// A mapping of its own for each destination.
        SYMMETRIC
    }

    private record Packet(long atNs, int order, Endpoint from, Endpoint to, byte[] payload) {}

    private static final class Peer {
        final IceAgent agent;
        final Endpoint host;
        final Endpoint relayed;
        final Endpoint outside;
        final Nat nat;
        final Map<Endpoint, Endpoint> mappings = new HashMap<>();
        final List<Endpoint> opened = new ArrayList<>();
        long nominatedAtNs = -1;

        Peer(IceAgent agent, Endpoint host, Endpoint relayed, String outside, Nat nat) {
            this.agent = agent;
            this.host = host;
            this.relayed = relayed;
            this.outside = Endpoint.parse(outside);
            this.nat = nat;
        }

        Endpoint translate(Endpoint to) {
            opened.add(to);
            return switch (nat) {
                case NONE -> host;
                case PORT_RESTRICTED -> outside;
                case SYMMETRIC ->
                        mappings.computeIfAbsent(
                                to,
                                _ ->
                                        new Endpoint(
                                                outside.address(),
                                                outside.port() + 1 + mappings.size()));
            };
        }

        boolean owns(Endpoint to, Endpoint from) {
            return switch (nat) {
                case NONE -> to.equals(host);
                case PORT_RESTRICTED -> to.equals(outside) && opened.contains(from);
                case SYMMETRIC -> to.equals(mappings.get(from));
            };
        }
    }

    private final PriorityQueue<Packet> network =
            new PriorityQueue<>(
                    Comparator.comparingLong(Packet::atNs).thenComparingInt(Packet::order));
    private int order;
    private Peer client;
    private Peer gateway;

    private void start(Nat clientNat, Nat gatewayNat) {
        var clientTimeouts = IceTimeouts.clientDefaults();
        var gatewayTimeouts = IceTimeouts.gatewayDefaults();
        var c = IceAgentTest.CLIENT;
        var g = IceAgentTest.GATEWAY;
        var clientAgent =
                new IceAgent(Role.CONTROLLING, c, g, clientTimeouts, new SplittableRandom(1), 0);
        var gatewayAgent =
                new IceAgent(Role.CONTROLLED, g, c, gatewayTimeouts, new SplittableRandom(2), 0);
        client = new Peer(clientAgent, CLIENT_HOST, CLIENT_RELAYED, "203.0.113.1:1000", clientNat);
        gateway =
                new Peer(
                        gatewayAgent,
                        GATEWAY_HOST,
                        GATEWAY_RELAYED,
                        "203.0.113.2:2000",
                        gatewayNat);
        gather(client, gateway);
        gather(gateway, client);
    }

    private void gather(Peer peer, Peer other) {
        var candidates = new ArrayList<Candidate>();
        candidates.add(Candidate.host(peer.host));
        if (peer.nat != Nat.NONE) {
            candidates.add(Candidate.serverReflexive(peer.outside, peer.host));
        }
        candidates.add(Candidate.relayed(peer.relayed, peer.host));
        for (var candidate : candidates) {
            var signalled = peer.agent.addLocalCandidate(candidate, 0).orElseThrow();
            var text = signalled.toSdp(peer.agent.localCredentials().ufrag());
            other.agent.addRemoteCandidate(Candidate.parse(text).orElseThrow(), 0);
        }
    }

    private void run(Duration time) {
        long nowNs = 0;
        while (nowNs <= time.toNanos()) {
            drain(client, nowNs);
            drain(gateway, nowNs);
            long packetNs = network.isEmpty() ? IceAgent.NEVER : network.peek().atNs();
            long nextNs =
                    Math.min(
                            packetNs,
                            Math.min(client.agent.pollTimeout(), gateway.agent.pollTimeout()));
            nowNs = Math.max(nowNs, nextNs);
            if (packetNs <= nowNs) {
                deliver(network.poll(), nowNs);
            }
            client.agent.handleTimeout(nowNs);
            gateway.agent.handleTimeout(nowNs);
        }
    }

    private void drain(Peer peer, long nowNs) {
        for (var t = peer.agent.pollTransmit(); t != null; t = peer.agent.pollTransmit()) {
            var from = t.local().equals(peer.host) ? peer.translate(t.remote()) : t.local();
            network.add(new Packet(nowNs + ONE_WAY_NS, order++, from, t.remote(), t.payload()));
        }
        for (var e = peer.agent.pollEvent(); e != null; e = peer.agent.pollEvent()) {
            if (e instanceof IceEvent.Nominated && peer.nominatedAtNs < 0) {
                peer.nominatedAtNs = nowNs;
            }
        }
    }

    private void deliver(Packet packet, long nowNs) {
        for (var peer : List.of(client, gateway)) {
            boolean isRelayed = packet.to().equals(peer.relayed);
            if (isRelayed || peer.owns(packet.to(), packet.from())) {
                var payload = ByteBuffer.wrap(packet.payload());
                var message = (StunMessage) StunMessage.decode(payload, 0, payload.capacity());
                if (peer.agent.accepts(message)) {
                    var local = isRelayed ? peer.relayed : peer.host;
                    peer.agent.handleMessage(message, local, packet.from(), nowNs);
                }
            }
        }
    }

    private static Candidate.Kind[] kinds(IceAgent agent) {
        var path = agent.nominated().orElseThrow();
        return new Candidate.Kind[] {path.localKind(), path.remoteKind()};
    }

    @Test
    void withoutNatTheHostPairWinsWithinARoundTrip() {
        start(Nat.NONE, Nat.NONE);

        run(Duration.ofSeconds(1));

        assertThat(kinds(client.agent)).containsExactly(Candidate.Kind.HOST, Candidate.Kind.HOST);
        assertThat(client.nominatedAtNs).isEqualTo(2 * ONE_WAY_NS);
        assertThat(gateway.nominatedAtNs).isEqualTo(3 * ONE_WAY_NS);
        assertBothUseTheSamePath();
    }

    @Test
    void behindPortRestrictedNatsTheReflexivePairWinsWithoutWaitingForARetransmission() {
        start(Nat.PORT_RESTRICTED, Nat.PORT_RESTRICTED);

        run(Duration.ofMillis(200));

        assertThat(client.agent.nominated().orElseThrow().remote()).isEqualTo(gateway.outside);
        assertThat(gateway.agent.nominated().orElseThrow().remote()).isEqualTo(client.outside);
    }

    @Test
    void behindSymmetricNatsTheRelaysCarryTheTraffic() {
        start(Nat.SYMMETRIC, Nat.SYMMETRIC);

        run(Duration.ofSeconds(5));

        var path = client.agent.nominated().orElseThrow();
        assertThat(List.of(path.localKind(), path.remoteKind())).contains(Candidate.Kind.RELAYED);
        assertThat(client.nominatedAtNs).isEqualTo(2 * ONE_WAY_NS);
        assertThat(client.agent.state().isConnected()).isTrue();
        assertThat(gateway.agent.state().isConnected()).isTrue();
    }

    @Test
    void whenTheGatewayVanishesTheClientNoticesWithin18Seconds() {
        start(Nat.NONE, Nat.NONE);
        run(Duration.ofSeconds(60));
        network.clear();
        long nowNs = Duration.ofSeconds(60).toNanos();
        while (client.agent.state() != IceState.DISCONNECTED) {
            nowNs = Math.max(nowNs, client.agent.pollTimeout());
            client.agent.handleTimeout(nowNs);
        }

        assertThat(nowNs).isLessThan(Duration.ofSeconds(60 + 19).toNanos());
        assertThat(client.agent.nominated()).as("the old path stays in use").isPresent();
    }

    private void assertBothUseTheSamePath() {
        var ours = client.agent.nominated().orElseThrow();
        var theirs = gateway.agent.nominated().orElseThrow();
        assertThat(ours.local()).isEqualTo(theirs.remote());
        assertThat(ours.remote()).isEqualTo(theirs.local());
    }
}
