package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.Peers.SECOND;
import static dev.gatehouse.wireguard.Peers.controls;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.handshake.HandshakeGate;
import dev.gatehouse.wireguard.message.DropReason;
import dev.gatehouse.wireguard.message.Outcome;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class HandshakeGateTest {
    private static final IpAddress HOME = IpAddress.parse("192.0.2.1");
    private static final IpAddress ELSEWHERE = IpAddress.parse("2001:db8::1");

    private final Peers peers = new Peers(5);
    private final HandshakeGate gate =
            new HandshakeGate(
                    peers.gatewayKeys.publicKey(),
                    HandshakeGate.HANDSHAKES_PER_SECOND,
                    peers.random,
                    0);

    @Test
    void oneHundredMessagesASecondPassAndTheRestGetsACookie() {
        var initiation = initiation(0);
        for (int i = 0; i < 100; i++) {
            assertThat(admit(initiation, HOME, i)).isEqualTo(HandshakeGate.Decision.OK);
        }

        assertThat(admit(initiation, HOME, SECOND - 1))
                .isInstanceOf(HandshakeGate.CookieReply.class);
        assertThat(admit(initiation, HOME, SECOND)).isEqualTo(HandshakeGate.Decision.OK);
    }

    @Test
    void aWrongMac1IsDroppedAndNotCounted() {
        var genuine = initiation(0);
        var forged = genuine.clone();
        forged[20] ^= 1;
        for (int i = 0; i < 200; i++) {
            assertThat(admit(forged, HOME, 0)).isEqualTo(HandshakeGate.Decision.DROP);
        }

        assertThat(admit(genuine, HOME, 0)).isEqualTo(HandshakeGate.Decision.OK);
    }

    @Test
    void responsesAreCountedToo() {
        peers.gateway.startHandshake(0);
        peers.deliver(peers.gateway, peers.client, 0);
        var response = controls(peers.client).getFirst();
        for (int i = 0; i < 100; i++) {
            assertThat(admit(response, HOME, 0)).isEqualTo(HandshakeGate.Decision.OK);
        }

        assertThat(admit(response, HOME, 0)).isInstanceOf(HandshakeGate.CookieReply.class);
    }

    @Test
    void aResponseThatWasAskedForIsNotCountedButOnlyOnceAndSoon() {
        peers.gateway.startHandshake(0);
        peers.deliver(peers.gateway, peers.client, 0);
        var response = controls(peers.client).getFirst();
        var forged = response.clone();
        forged[20] ^= 1;
        exhaust(0);

        gate.handleInitiationSent(0);
        assertThat(admit(forged, HOME, 0)).isEqualTo(HandshakeGate.Decision.DROP);
        assertThat(admit(response, HOME, 0)).isEqualTo(HandshakeGate.Decision.OK);
        assertThat(admit(response, HOME, 0)).isInstanceOf(HandshakeGate.CookieReply.class);

        gate.handleInitiationSent(0);
        exhaust(6 * SECOND);
        assertThat(admit(response, HOME, 6 * SECOND)).isInstanceOf(HandshakeGate.CookieReply.class);
    }

    @Test
    void aClientGetsInUnderLoadWithTheCookieItWasSent() {
        exhaust(0);
        var reply = cookieReply(initiation(0), HOME, 0);
        assertThat(reply).hasSize(64);
        assertThat(handle(peers.client, reply)).isEqualTo(Outcome.Accepted.COOKIE_REPLY);
        assertThat(controls(peers.client)).isEmpty(); // the cookie waits for the retransmission

        peers.client.handleTimeout(6 * SECOND);
        var second = controls(peers.client).getFirst();

        exhaust(6 * SECOND);
        assertThat(admit(second, HOME, 6 * SECOND)).isEqualTo(HandshakeGate.Decision.OK);
        assertThat(admit(second, ELSEWHERE, 6 * SECOND))
                .isInstanceOf(HandshakeGate.CookieReply.class);
        assertThat(handle(peers.gateway, second)).isEqualTo(Outcome.Accepted.INITIATION);
    }

    @Test
    void cookiesOfAnEarlierSecretAreRefused() {
        exhaust(0);
        handle(peers.client, cookieReply(initiation(0), HOME, 0));
        peers.client.handleTimeout(6 * SECOND);
        var second = controls(peers.client).getFirst();

        exhaust(127 * SECOND);
        assertThat(admit(second, HOME, 127 * SECOND)).isEqualTo(HandshakeGate.Decision.OK);
        exhaust(128 * SECOND);
        assertThat(admit(second, HOME, 128 * SECOND)).isInstanceOf(HandshakeGate.CookieReply.class);
    }

    @Test
    void aCookieIsUsedForTwoMinutes() {
        exhaust(0);
        handle(peers.client, cookieReply(initiation(0), HOME, 0));
        peers.client.handleTimeout(6 * SECOND);
        peers.exchange(6 * SECOND); // connected: no handshake is running any more

        assertThat(hasMac2(initiation(119 * SECOND))).isTrue();
        peers.client.handleTimeout(120 * SECOND);
        peers.client.handleTimeout(125 * SECOND);
        assertThat(hasMac2(controls(peers.client).getLast())).isFalse();
    }

    @Test
    void cookieRepliesToSomethingElseAreRefused() {
        exhaust(0);
        var first = initiation(0);
        var reply = cookieReply(first, HOME, 0);
        var forged = reply.clone();
        forged[40] ^= 1;
        var unknown = reply.clone();
        unknown[4] ^= 1;

        assertThat(handle(peers.client, forged)).isEqualTo(DropReason.BAD_TAG);
        assertThat(handle(peers.client, unknown)).isEqualTo(DropReason.UNKNOWN_SESSION);
        assertThat(handle(peers.gateway, reply)).isEqualTo(DropReason.UNKNOWN_SESSION);
    }

    @Test
    void aCookieIsGoodForTheShareOfOneSource() {
        var proven = provenInitiation(HOME, 0);

        exhaust(10 * SECOND);
        assertThat(okOf(3_000, proven, HOME, false, 10 * SECOND))
                .isEqualTo(HandshakeGate.SOURCE_BURST);
        assertThat(admit(proven, HOME, 10 * SECOND)).isEqualTo(HandshakeGate.Decision.EXCESS);

        exhaust(11 * SECOND);
        assertThat(okOf(3_000, proven, HOME, false, 11 * SECOND))
                .isEqualTo(HandshakeGate.SOURCE_PER_SECOND);
    }

    @Test
    void anOfficeOfAThousandBehindOneAddressBeginsAtOnce() {
        var proven = provenInitiation(HOME, 0);

        exhaust(10 * SECOND);
        assertThat(okOf(1_000, proven, HOME, false, 10 * SECOND)).isEqualTo(1_000);
    }

    @Test
    void noNumberOfStrangersKeepsKnownPeersOut() {
        var known = provenInitiation(HOME, 0);
        int strangers = 0;
        for (int i = 1; i <= 4; i++) {
            var source = IpAddress.v4(0xC6336400 + i);
            var proven = provenInitiation(source, i * 10 * SECOND);
            exhaust(60 * SECOND);
            strangers += okOf(3_000, proven, source, false, 60 * SECOND);
        }

        assertThat(strangers).isEqualTo(HandshakeGate.PROVEN_BURST);
        assertThat(okOf(1_000, known, HOME, true, 60 * SECOND)).isEqualTo(1_000);
    }

    @Test
    void whereAPeerIsKnownToBeNoCookieIsAskedFor() {
        var initiation = initiation(0);
        exhaust(0);

        assertThat(okOf(100, initiation, HOME, true, 0)).isEqualTo(100);
        assertThat(okOf(100, initiation, HOME, false, 0)).isZero();
        assertThat(okOf(10_000, initiation, HOME, true, 0)).isEqualTo(300);
    }

    /// An initiation with a cookie for `source`, of a client of its own.
    private byte[] provenInitiation(IpAddress source, long nowNs) {
        var twin = new Peers(5); // the same keys
        exhaust(nowNs);
        twin.client.startHandshake(nowNs);
        handle(twin.client, cookieReply(controls(twin.client).getFirst(), source, nowNs));
        twin.client.handleTimeout(nowNs + 6 * SECOND);
        return controls(twin.client).getFirst();
    }

    private int okOf(int times, byte[] message, IpAddress source, boolean isKnown, long nowNs) {
        int passed = 0;
        for (int i = 0; i < times; i++) {
            var b = ByteBuffer.wrap(message);
            var verdict = gate.admit(b, 0, message.length, source, isKnown, nowNs);
            passed += verdict == HandshakeGate.Decision.OK ? 1 : 0;
        }
        return passed;
    }

    private byte[] initiation(long nowNs) {
        peers.client.startHandshake(nowNs);
        return controls(peers.client).getFirst();
    }

    private void exhaust(long nowNs) {
        var twin = new Peers(5); // the same keys
        twin.client.startHandshake(0);
        var initiation = controls(twin.client).getFirst();
        for (int i = 0; i < 100; i++) {
            admit(initiation, ELSEWHERE, nowNs);
        }
    }

    private HandshakeGate.Verdict admit(byte[] message, IpAddress source, long nowNs) {
        return gate.admit(ByteBuffer.wrap(message), 0, message.length, source, nowNs);
    }

    private byte[] cookieReply(byte[] message, IpAddress source, long nowNs) {
        return ((HandshakeGate.CookieReply) admit(message, source, nowNs)).datagram();
    }

    private static Outcome handle(WireGuardTunnel tunnel, byte[] datagram) {
        return tunnel.handleHandshake(ByteBuffer.wrap(datagram), 0, datagram.length, 0);
    }

    private static boolean hasMac2(byte[] message) {
        for (int i = message.length - 16; i < message.length; i++) {
            if (message[i] != 0) {
                return true;
            }
        }
        return false;
    }
}
