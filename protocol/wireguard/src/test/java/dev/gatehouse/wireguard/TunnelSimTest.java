package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.Peers.SECOND;
import static dev.gatehouse.wireguard.Peers.controls;
import static dev.gatehouse.wireguard.Peers.packet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.SimNetwork;
import dev.gatehouse.wire.Endpoint;
import java.util.Arrays;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Two tunnels over a network that loses, delays, reorders and duplicates, in virtual time.
class TunnelSimTest {
    private static final Endpoint CLIENT = Endpoint.parse("192.0.2.1:52625");
    private static final Endpoint GATEWAY = Endpoint.parse("192.0.2.2:52625");
    private static final long END_NS = 1200 * SECOND;
    private static final long SEND_INTERVAL_NS = SECOND / 4;

    private final HashSet<Integer> delivered = new HashSet<>();
    private int duplicates;
    private int sent;
    private int handshakes;
    private int trace;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void trafficSurvivesRekeyingOverARoughNetworkAndNothingArrivesTwice(long seed) {
        run(seed);

        assertThat(duplicates).as("seed %d", seed).isZero();
        assertThat(delivered.size()).as("seed %d", seed).isGreaterThan(sent * 6 / 10);
        assertThat(handshakes).as("seed %d", seed).isGreaterThan(8);
        int firstTrace = trace;
        var again = new TunnelSimTest();
        again.run(seed);
        assertThat(again.trace).as("seed %d replays", seed).isEqualTo(firstTrace);
    }

    private void run(long seed) {
        var peers = new Peers(seed);
        var random = new SplittableRandom(seed);
        var network = new SimNetwork(SimNetwork.Link.rough(random, 15, SECOND / 1000, SECOND / 2));
        network.addHost("client", CLIENT.address());
        network.addHost("gateway", GATEWAY.address());
        peers.client.startHandshake(0);
        long nextSendNs = 0;
        for (long now = 0; now < END_NS; ) {
            send(peers, network, random, now);
            for (var d = network.pollArrival(now); d != null; d = network.pollArrival(now)) {
                var tunnel = d.host().equals("client") ? peers.client : peers.gateway;
                arrived(Peers.receive(tunnel, d.payload(), now).orElse(new byte[0]));
            }
            peers.client.handleTimeout(now);
            peers.gateway.handleTimeout(now);
            if (now >= nextSendNs) {
                sendData(peers, network, now);
                nextSendNs = now + SEND_INTERVAL_NS;
            }
            send(peers, network, random, now);
            countEvents(peers);
            long next = Math.min(peers.client.pollTimeout(), peers.gateway.pollTimeout());
            now = Math.max(now, Math.min(nextSendNs, Math.min(next, network.pollTimeout())));
        }
    }

    private void send(Peers peers, SimNetwork network, SplittableRandom random, long nowNs) {
        for (var tunnel : new WireGuardTunnel[] {peers.client, peers.gateway}) {
            for (var datagram : controls(tunnel)) {
                transmit(peers, network, tunnel, datagram, nowNs);
                if (random.nextInt(5) == 0) {
                    transmit(peers, network, tunnel, datagram, nowNs);
                }
            }
        }
    }

    private void sendData(Peers peers, SimNetwork network, long nowNs) {
        for (var tunnel : new WireGuardTunnel[] {peers.client, peers.gateway}) {
            var packet = packet(60, 0);
            packet[40] = (byte) (sent >> 16);
            packet[41] = (byte) (sent >> 8);
            packet[42] = (byte) sent;
            sent++;
            var sealed = Peers.seal(tunnel, packet, nowNs);
            if (sealed.isPresent()) {
                transmit(peers, network, tunnel, sealed.get(), nowNs);
                transmit(peers, network, tunnel, sealed.get(), nowNs); // a duplicate
            } else {
                tunnel.startHandshake(nowNs);
            }
        }
    }

    private void transmit(
            Peers peers, SimNetwork network, WireGuardTunnel from, byte[] datagram, long nowNs) {
        trace = 31 * trace + Arrays.hashCode(datagram) + Long.hashCode(nowNs);
        boolean isClient = from == peers.client;
        network.send(isClient ? CLIENT : GATEWAY, isClient ? GATEWAY : CLIENT, datagram, nowNs);
    }

    private void arrived(byte[] packet) {
        if (packet.length == 60) {
            int number = (packet[40] & 0xFF) << 16 | (packet[41] & 0xFF) << 8 | packet[42] & 0xFF;
            duplicates += delivered.add(number) ? 0 : 1;
        }
    }

    private void countEvents(Peers peers) {
        for (var tunnel : new WireGuardTunnel[] {peers.client, peers.gateway}) {
            for (var event : Peers.events(tunnel)) {
                assertThat(event).isEqualTo(TunnelEvent.HANDSHAKE_COMPLETED);
                handshakes++;
            }
        }
    }
}
