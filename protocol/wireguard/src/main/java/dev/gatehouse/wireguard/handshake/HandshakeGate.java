package dev.gatehouse.wireguard.handshake;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.SourceBuckets;
import dev.gatehouse.wire.TokenBucket;
import dev.gatehouse.wireguard.key.PublicKey;
import dev.gatehouse.wireguard.message.MessageType;
import dev.gatehouse.wireguard.message.WireGuardConstants;
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
/// A cookie is no ticket for any number of key agreements (0.1 ms each): sources that proved
/// themselves have a share each, and all together a limit that leaves most of a core to packets.
/// Sources where peers are known to be have a limit of their own, so no number of strangers keeps
/// them out, and an allowance that needs no cookie, whose round trip costs a peer five seconds.
///
/// Responses that were asked for do not count, so that a gateway that begins anew with thousands
/// of clients at once is not slowed down by its own protection.
public final class HandshakeGate implements AutoCloseable {
    public static final int HANDSHAKES_PER_SECOND = 100;

    /// Of the sources where peers are, beside those of everybody.
    private static final int KNOWN_FREE_PER_SECOND = 200;

    private static final int KNOWN_FREE_BURST = 400;

    /// Of one source with a cookie: an office of 1,000 may begin anew at once, behind one address;
    /// in a quiet hour it begins 8 handshakes a second.
    public static final int SOURCE_PER_SECOND = 100;

    public static final int SOURCE_BURST = 1_000;

    /// Of all strangers with cookies, and the same of all known sources: a quarter of a core each.
    static final int PROVEN_PER_SECOND = 2_000;

    public static final int PROVEN_BURST = 2_000;

    private static final long WINDOW_NS = Duration.ofSeconds(1).toNanos();
    private static final long RESPONSE_WAIT_NS = WireGuardConstants.REKEY_TIMEOUT_NS;
    private static final long COOKIE_ROTATION_NS = Duration.ofSeconds(128).toNanos();
    private static final int PADDED_ADDRESS_LENGTH = 16;

    private final int limitPerSecond;
    private final RandomGenerator random;
    private final byte[] mac1Key;
    private final byte[] cookieKey;
    private final byte[] secret = new byte[32];
    private final TokenBucket knownFree = new TokenBucket(KNOWN_FREE_PER_SECOND, KNOWN_FREE_BURST);
    private final TokenBucket provenKnown = new TokenBucket(PROVEN_PER_SECOND, PROVEN_BURST);
    private final TokenBucket provenStrangers = new TokenBucket(PROVEN_PER_SECOND, PROVEN_BURST);
    private final SourceBuckets sources;
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
        sources = new SourceBuckets(SOURCE_PER_SECOND, SOURCE_BURST, random.nextLong());
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
        DROP,
        /// From a source that has used up its share, or when all sources have.
        EXCESS
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

    /// A message of a stranger.
    ///
    /// @param source where the message came from
    public Verdict admit(ByteBuffer b, int offset, int length, IpAddress source, long nowNs) {
        return admit(b, offset, length, source, false, nowNs);
    }

    /// @param source where the message came from
    /// @param isKnown whether peers are there
    public Verdict admit(
            ByteBuffer b, int offset, int length, IpAddress source, boolean isKnown, long nowNs) {
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
        if (isKnown && knownFree.take(nowNs) || isWithinLimit(nowNs)) {
            return Decision.OK;
        }
        byte[] cookie = cookie(source, nowNs);
        byte[] mac2 = mac(message, HandshakeFields.MAC2_FROM_END);
        if (isMac(cookie, message, length - HandshakeFields.MAC2_FROM_END, mac2)) {
            return mayProven(source, isKnown, nowNs) ? Decision.OK : Decision.EXCESS;
        }
        return new CookieReply(
                reply(HandshakeFields.index(message, HandshakeFields.SENDER_OFFSET), cookie, mac1));
    }

    private boolean isWithinLimit(long nowNs) {
        if (nowNs - windowStartNs >= WINDOW_NS) {
            windowStartNs = nowNs;
            admitted = 0;
        }
        boolean isWithin = admitted < limitPerSecond;
        admitted += isWithin ? 1 : 0;
        return isWithin;
    }

    /// The source's share first: a source beyond it takes nothing from all others.
    private boolean mayProven(IpAddress source, boolean isKnown, long nowNs) {
        return sources.take(source, nowNs) && (isKnown ? provenKnown : provenStrangers).take(nowNs);
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
