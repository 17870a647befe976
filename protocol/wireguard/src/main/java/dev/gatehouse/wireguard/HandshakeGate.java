package dev.gatehouse.wireguard;

import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/// Decides whether a handshake message is worth a key agreement, tunnel.md 4.6.
///
/// One for all tunnels of a node. Up to the limit of messages with a right mac1 pass in each
/// second; beyond it only those that prove by mac2 that they can receive at their source address,
/// the others are to be answered with a cookie. Pass messages of type 1 and 2.
///
/// Responses that were asked for do not count, so that a gateway that begins anew with thousands
/// of clients at once is not slowed down by its own protection.
public final class HandshakeGate implements AutoCloseable {
    public static final int HANDSHAKES_PER_SECOND = 100;

    private static final long WINDOW_NS = Duration.ofSeconds(1).toNanos();
    private static final long RESPONSE_WAIT_NS = WireGuardConstants.REKEY_TIMEOUT_NS;
    private static final long COOKIE_ROTATION_NS = Duration.ofSeconds(128).toNanos();
    private static final int PADDED_ADDRESS_LENGTH = 16;

    private final int limitPerSecond;
    private final RandomGenerator random;
    private final byte[] mac1Key;
    private final byte[] cookieKey;
    private final byte[] secret = new byte[32];
    private final long startNs;
    private long windowStartNs;
    private int admitted;
    private long initiatedNs;
    private int responsesExpected;

    /// @param local our static public key
    /// @param limitPerSecond normally [#HANDSHAKES_PER_SECOND]
    public HandshakeGate(PublicKey local, int limitPerSecond, RandomGenerator random, long nowNs) {
        this.limitPerSecond = limitPerSecond;
        this.random = random;
        mac1Key = PeerKeys.mac1Key(local);
        cookieKey = PeerKeys.cookieKey(local);
        random.nextBytes(secret);
        startNs = nowNs;
        windowStartNs = nowNs;
    }

    /// An initiation of ours leaves: one response within 5 s of the latest one is let in for it.
    public void handleInitiationSent(long nowNs) {
        forgetUnanswered(nowNs);
        responsesExpected++;
        initiatedNs = nowNs;
    }

    private void forgetUnanswered(long nowNs) {
        if (nowNs - initiatedNs > RESPONSE_WAIT_NS) {
            responsesExpected = 0;
        }
    }

    /// What to do with a handshake message.
    public sealed interface Verdict permits Decision, CookieReply {}

    /// Verdicts that carry nothing.
    public enum Decision implements Verdict {
        OK,
        /// Not a handshake message, or mac1 is wrong: the sender does not know our public key.
        DROP
    }

    /// Drop the message, but send this back.
    public static final class CookieReply implements Verdict {
        private final byte[] datagram;

        private CookieReply(byte[] datagram) {
            this.datagram = datagram;
        }

        /// A type 3 message; the caller owns the array.
        public byte[] datagram() {
            return datagram;
        }
    }

    /// @param source where the message came from
    public Verdict admit(ByteBuffer b, int offset, int length, IpAddress source, long nowNs) {
        int type = MessageType.of(b, offset, length);
        if (type != MessageType.INITIATION && type != MessageType.RESPONSE) {
            return Decision.DROP;
        }
        byte[] message = HandshakeFields.copy(b, offset, length);
        byte[] mac1 = mac(message, HandshakeFields.MAC1_FROM_END);
        if (!isMac(mac1Key, message, length - HandshakeFields.MAC1_FROM_END, mac1)) {
            return Decision.DROP;
        }
        if (type == MessageType.RESPONSE && isExpected(nowNs)) {
            return Decision.OK;
        }
        if (nowNs - windowStartNs >= WINDOW_NS) {
            windowStartNs = nowNs;
            admitted = 0;
        }
        if (admitted < limitPerSecond) {
            admitted++;
            return Decision.OK;
        }
        byte[] cookie = cookie(source, nowNs);
        byte[] mac2 = mac(message, HandshakeFields.MAC2_FROM_END);
        if (isMac(cookie, message, length - HandshakeFields.MAC2_FROM_END, mac2)) {
            return Decision.OK;
        }
        return new CookieReply(
                reply(HandshakeFields.index(message, HandshakeFields.SENDER_OFFSET), cookie, mac1));
    }

    private boolean isExpected(long nowNs) {
        forgetUnanswered(nowNs);
        boolean expected = responsesExpected > 0;
        responsesExpected -= expected ? 1 : 0;
        return expected;
    }

    private static byte[] mac(byte[] message, int fromEnd) {
        int offset = message.length - fromEnd;
        return HandshakeFields.field(message, offset, Blake2s.MAC_LENGTH);
    }

    private static boolean isMac(byte[] key, byte[] message, int covered, byte[] mac) {
        return MessageDigest.isEqual(Blake2s.mac(key, message, covered), mac);
    }

    private byte[] cookie(IpAddress source, long nowNs) {
        long rotation = (nowNs - startNs) / COOKIE_ROTATION_NS;
        var input = new byte[8 + PADDED_ADDRESS_LENGTH];
        ByteBuffer.wrap(input).putLong(rotation).put(source.toBytes());
        return Blake2s.mac(secret, input, input.length);
    }

    private byte[] reply(int receiver, byte[] cookie, byte[] mac1) {
        var reply =
                HandshakeFields.message(MessageType.COOKIE_REPLY, MessageType.COOKIE_REPLY_LENGTH);
        HandshakeFields.putIndex(reply, HandshakeFields.COOKIE_RECEIVER_OFFSET, receiver);
        var nonce = new byte[HandshakeAead.EXTENDED_NONCE_LENGTH];
        random.nextBytes(nonce);
        HandshakeFields.put(reply, HandshakeFields.COOKIE_NONCE_OFFSET, nonce);
        byte[] sealed = HandshakeAead.sealExtended(cookieKey, nonce, cookie, mac1);
        HandshakeFields.put(reply, HandshakeFields.COOKIE_OFFSET, sealed);
        return reply;
    }

    @Override
    public void close() {
        Arrays.fill(secret, (byte) 0);
    }
}
