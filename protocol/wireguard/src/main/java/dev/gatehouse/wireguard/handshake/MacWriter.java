package dev.gatehouse.wireguard.handshake;

import dev.gatehouse.wireguard.message.DropReason;
import dev.gatehouse.wireguard.message.Outcome;
import java.util.Arrays;
import java.util.Optional;

/// Signs our handshake messages with mac1 and, while a cookie is known, mac2.
public final class MacWriter implements AutoCloseable {
    private final PeerKeys peer;
    private byte[] cookie = {}; // empty while none is known
    private byte[] lastMac1 = new byte[Blake2s.MAC_LENGTH];
    private int lastIndex;
    private boolean hasSigned;

    /// Knows no cookie yet.
    public MacWriter(PeerKeys peer) {
        this.peer = peer;
    }

    /// Fills in the last two fields of a type 1 or 2.
    public byte[] sign(byte[] message) {
        int mac1Offset = message.length - HandshakeFields.MAC1_FROM_END;
        int mac2Offset = message.length - HandshakeFields.MAC2_FROM_END;
        lastMac1 = Blake2s.mac(peer.remoteMac1Key(), message, mac1Offset);
        lastIndex = HandshakeFields.index(message, HandshakeFields.SENDER_OFFSET);
        hasSigned = true;
        HandshakeFields.put(message, mac1Offset, lastMac1);
        if (cookie.length > 0) {
            HandshakeFields.put(message, mac2Offset, Blake2s.mac(cookie, message, mac2Offset));
        }
        return message;
    }

    /// Takes the cookie out of a type 3 that answers the last message signed.
    public Outcome handleCookieReply(byte[] reply) {
        int receiver = HandshakeFields.index(reply, HandshakeFields.COOKIE_RECEIVER_OFFSET);
        if (!hasSigned || receiver != lastIndex) {
            return DropReason.UNKNOWN_SESSION;
        }
        byte[] nonce =
                HandshakeFields.field(
                        reply,
                        HandshakeFields.COOKIE_NONCE_OFFSET,
                        HandshakeAead.EXTENDED_NONCE_LENGTH);
        byte[] sealed =
                HandshakeFields.field(
                        reply, HandshakeFields.COOKIE_OFFSET, HandshakeFields.SEALED_COOKIE_LENGTH);
        Optional<byte[]> opened =
                HandshakeAead.openExtended(peer.remoteCookieKey(), nonce, sealed, lastMac1);
        if (opened.isEmpty()) {
            return DropReason.BAD_TAG;
        }
        cookie = opened.get();
        return Outcome.Accepted.COOKIE_REPLY;
    }

    /// Wipes the cookie: later messages carry mac1 alone.
    public void forgetCookie() {
        Arrays.fill(cookie, (byte) 0);
        cookie = new byte[0];
    }

    @Override
    public void close() {
        forgetCookie();
    }
}
