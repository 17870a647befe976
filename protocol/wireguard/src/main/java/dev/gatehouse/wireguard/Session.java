package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.message.WireGuardConstants.INITIATOR_STOPS_SENDING_NS;
import static dev.gatehouse.wireguard.message.WireGuardConstants.REJECT_AFTER_TIME_NS;

import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.crypto.AeadKey;
import dev.gatehouse.wireguard.handshake.TransportKeys;

/// The keys and counters that one handshake yielded. Wiped by [#close].
final class Session {
    private final int localIndex;
    private final TransportKeys keys;
    private final boolean isInitiator;
    private final long establishedNs;
    private final ReplayWindow window = new ReplayWindow();
    private long nextCounter;
    private boolean isConfirmed;
    private boolean hasSentData;
    private boolean hasReceivedData;

    /// @param isInitiator whether the handshake was ours
    Session(int localIndex, TransportKeys keys, boolean isInitiator, long nowNs) {
        this.localIndex = localIndex;
        this.keys = keys;
        this.isInitiator = isInitiator;
        this.establishedNs = nowNs;
    }

    int localIndex() {
        return localIndex;
    }

    int remoteIndex() {
        return keys.remoteIndex();
    }

    AeadKey sending() {
        return keys.sending();
    }

    AeadKey receiving() {
        return keys.receiving();
    }

    ReplayWindow window() {
        return window;
    }

    boolean isInitiator() {
        return isInitiator;
    }

    long establishedNs() {
        return establishedNs;
    }

    long expiresNs() {
        return establishedNs + REJECT_AFTER_TIME_NS;
    }

    /// Whether its age allows sending; confirmation is the ring's business.
    boolean isFresh(long nowNs) {
        long limitNs = isInitiator ? INITIATOR_STOPS_SENDING_NS : REJECT_AFTER_TIME_NS;
        return nowNs < establishedNs + limitNs;
    }

    long takeCounter() {
        return nextCounter++;
    }

    /// Called with the first proof that the peer has the keys. False if there was one before.
    boolean confirm() {
        boolean isFirst = !isConfirmed;
        isConfirmed = true;
        return isFirst;
    }

    void markDataSent() {
        hasSentData = true;
    }

    boolean hasSentData() {
        return hasSentData;
    }

    void markDataReceived() {
        hasReceivedData = true;
    }

    boolean hasReceivedData() {
        return hasReceivedData;
    }

    void close(Aead aead) {
        aead.forget(keys.sending());
        aead.forget(keys.receiving());
        keys.sending().close();
        keys.receiving().close();
    }
}
