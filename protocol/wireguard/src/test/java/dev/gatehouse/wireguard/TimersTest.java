package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.Peers.SECOND;
import static dev.gatehouse.wireguard.Peers.controls;
import static dev.gatehouse.wireguard.Peers.events;
import static dev.gatehouse.wireguard.Peers.packet;
import static dev.gatehouse.wireguard.Peers.receive;
import static dev.gatehouse.wireguard.Peers.seal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wireguard.message.DropReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The table of tunnel.md 4.5, in virtual time.
class TimersTest {
    private static final long JITTER = SECOND / 3;

    private record Sent(int type, int length, long atNs) {}

    private final Peers peers = new Peers(4);

    @BeforeEach
    void connect() {
        peers.connect(0);
        events(peers.client);
        events(peers.gateway);
    }

    @Test
    void theInitiatorRekeysAt120SecondsIfItSentData() {
        seal(peers.client, packet(40, 0), 1);
        hear(peers.client, SECOND);

        var sent = run(peers.client, 130 * SECOND);

        assertThat(sent.getFirst().type()).isEqualTo(1);
        assertThat(sent.getFirst().atNs()).isBetween(120 * SECOND, 120 * SECOND + JITTER);
    }

    @Test
    void dataSentAfter120SecondsRekeysThen() {
        run(peers.client, 130 * SECOND);
        seal(peers.client, packet(40, 0), 130 * SECOND);

        var sent = run(peers.client, 131 * SECOND);

        assertThat(sent.getFirst().type()).isEqualTo(1);
    }

    @Test
    void theResponderNeverRekeysOnAge() {
        for (int i = 1; i < 170; i++) {
            assertThat(run(peers.gateway, i * SECOND)).isEmpty();
            hearData(peers.gateway, i * SECOND);
            assertThat(seal(peers.gateway, packet(40, 0), i * SECOND)).isPresent();
        }
        hearData(peers.gateway, 169 * SECOND + 1);
        assertThat(run(peers.gateway, 200 * SECOND)).extracting(Sent::type).doesNotContain(1);
    }

    @Test
    void theInitiatorRekeysOnReceivingAt165Seconds() {
        for (int i = 1; i < 165; i++) {
            assertThat(run(peers.client, i * SECOND)).filteredOn(s -> s.type() == 1).isEmpty();
            hearData(peers.client, i * SECOND);
        }

        var sent = run(peers.client, 166 * SECOND).stream().filter(s -> s.type() == 1).toList();

        assertThat(sent.getFirst().atNs()).isBetween(165 * SECOND, 165 * SECOND + JITTER);
    }

    @Test
    void anIdleInitiatorRekeysWhenItsSessionExpires() {
        var sent = run(peers.client, 181 * SECOND);

        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().type()).isEqualTo(1);
        assertThat(sent.getFirst().atNs()).isBetween(180 * SECOND, 180 * SECOND + JITTER);
    }

    @Test
    void theInitiatorStopsSendingAt170SecondsAndTheResponderAt180() {
        assertThat(peers.client.canSeal(170 * SECOND - 1)).isTrue();
        assertThat(peers.client.canSeal(170 * SECOND)).isFalse();
        assertThat(peers.gateway.canSeal(180 * SECOND - 1)).isTrue();
        assertThat(peers.gateway.canSeal(180 * SECOND)).isFalse();
    }

    @Test
    void dataOnASessionOf180SecondsIsRejected() {
        var first = seal(peers.gateway, packet(40, 0), 179 * SECOND).orElseThrow();
        var second = seal(peers.gateway, packet(40, 0), 179 * SECOND).orElseThrow();

        assertThat(receive(peers.client, first, 180 * SECOND - 1)).isPresent();
        assertThat(receive(peers.client, second, 180 * SECOND)).isEmpty();
        assertThat(peers.client.dropped(DropReason.EXPIRED_SESSION)).isEqualTo(1);
    }

    @Test
    void aKeepaliveFollowsUnansweredReceivedDataAfter10Seconds() {
        hearData(peers.gateway, 3 * SECOND);
        hearData(peers.gateway, 5 * SECOND);

        assertThat(run(peers.gateway, 30 * SECOND)).containsExactly(new Sent(4, 32, 13 * SECOND));
    }

    @Test
    void sendingAnythingReplacesTheKeepalive() {
        hearData(peers.gateway, 3 * SECOND);
        seal(peers.gateway, packet(40, 0), 4 * SECOND);
        hear(peers.gateway, 5 * SECOND);

        assertThat(run(peers.gateway, 60 * SECOND)).isEmpty();
    }

    @Test
    void keepalivesAreNotAnsweredWithKeepalives() {
        hear(peers.gateway, 3 * SECOND);

        assertThat(run(peers.gateway, 60 * SECOND)).isEmpty();
    }

    @Test
    void silenceFor15SecondsAfterDataStartsAHandshakeOnEitherSide() {
        for (var tunnel : List.of(peers.client, peers.gateway)) {
            seal(tunnel, packet(40, 0), 3 * SECOND);
            seal(tunnel, packet(40, 0), 10 * SECOND);

            var sent = run(tunnel, 20 * SECOND);

            assertThat(sent).hasSize(1);
            assertThat(sent.getFirst().type()).isEqualTo(1);
            assertThat(sent.getFirst().atNs()).isBetween(18 * SECOND, 18 * SECOND + JITTER);
        }
    }

    @Test
    void anyAuthenticPacketEndsTheSilence() {
        seal(peers.gateway, packet(40, 0), 3 * SECOND);
        hear(peers.gateway, 17 * SECOND);

        assertThat(run(peers.gateway, 60 * SECOND)).isEmpty();
    }

    @Test
    void initiationsAreRepeatedEvery5SecondsUntilTheClientGivesUpAfter15() {
        peers.client.startHandshake(10 * SECOND);

        var sent = run(peers.client, 60 * SECOND);

        assertThat(sent).extracting(Sent::type).containsExactly(1, 1, 1);
        assertThat(sent.get(1).atNs()).isBetween(15 * SECOND, 15 * SECOND + JITTER);
        assertThat(sent.get(2).atNs() - sent.get(1).atNs())
                .isBetween(5 * SECOND, 5 * SECOND + JITTER);
        assertThat(events(peers.client)).containsExactly(TunnelEvent.FAILED);
        assertThat(peers.client.canSeal(25 * SECOND)).isFalse();
    }

    @Test
    void aGatewayGivesUpAfter20Seconds() {
        peers.gateway.startHandshake(0);

        run(peers.gateway, 20 * SECOND - 1);
        assertThat(events(peers.gateway)).isEmpty();
        run(peers.gateway, 20 * SECOND);
        assertThat(events(peers.gateway)).containsExactly(TunnelEvent.FAILED);
        assertThat(peers.gateway.pollTimeout()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void withoutANewSessionFor540SecondsTheTunnelFails() {
        run(peers.gateway, 540 * SECOND - 1);
        assertThat(events(peers.gateway)).isEmpty();

        run(peers.gateway, 540 * SECOND);
        assertThat(events(peers.gateway)).containsExactly(TunnelEvent.FAILED);
    }

    @Test
    void aTunnelThatNeverHandshakesFailsToo() {
        var fresh = peers.newGateway(7);

        run(fresh, 540 * SECOND + 7);

        assertThat(events(fresh)).containsExactly(TunnelEvent.FAILED);
    }

    @Test
    void idlePeersStayConnectedForHours() {
        for (long now = 0; now < 4 * 3600 * SECOND; ) {
            now = Math.min(peers.client.pollTimeout(), peers.gateway.pollTimeout());
            peers.client.handleTimeout(now);
            peers.gateway.handleTimeout(now);
            peers.exchange(now);
            assertThat(events(peers.client)).doesNotContain(TunnelEvent.FAILED);
            assertThat(events(peers.gateway)).doesNotContain(TunnelEvent.FAILED);
        }
    }

    /// A keepalive from the other side.
    private void hear(WireGuardTunnel tunnel, long nowNs) {
        var other = tunnel == peers.client ? peers.gateway : peers.client;
        other.open(HandshakeTest.batchOf(sealFor(other, nowNs)), 0, 1, nowNs);
        other.handleTimeout(nowNs + 10 * SECOND);
        var keepalive =
                controls(other).stream().filter(d -> d.length == 32).findFirst().orElseThrow();
        receive(tunnel, keepalive, nowNs);
    }

    private byte[] sealFor(WireGuardTunnel receiver, long nowNs) {
        var other = receiver == peers.client ? peers.gateway : peers.client;
        return seal(other, packet(40, 0), nowNs).orElseThrow();
    }

    private void hearData(WireGuardTunnel tunnel, long nowNs) {
        assertThat(receive(tunnel, sealFor(tunnel, nowNs), nowNs)).isPresent();
    }

    /// Lets time pass for one tunnel and returns what it sent; nothing arrives.
    private static List<Sent> run(WireGuardTunnel tunnel, long untilNs) {
        var sent = new ArrayList<Sent>();
        long now = 0;
        int rounds = 0;
        do {
            for (var datagram : controls(tunnel)) {
                sent.add(new Sent(Peers.type(datagram), datagram.length, now));
            }
            now = tunnel.pollTimeout();
            if (now <= untilNs) {
                tunnel.handleTimeout(now);
            }
            assertThat(++rounds).as("no progress").isLessThan(10_000);
        } while (now <= untilNs);
        return sent;
    }
}
