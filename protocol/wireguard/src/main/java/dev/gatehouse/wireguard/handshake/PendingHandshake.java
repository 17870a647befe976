package dev.gatehouse.wireguard.handshake;

import static dev.gatehouse.wireguard.handshake.HandshakeFields.INITIATION_EPHEMERAL_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.INITIATION_STATIC_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.INITIATION_TIMESTAMP_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.KEY_LENGTH;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.RESPONSE_EMPTY_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.RESPONSE_EPHEMERAL_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.SENDER_OFFSET;

import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PublicKey;
import dev.gatehouse.wireguard.message.MessageType;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// An initiation of ours that waits for its response. Wiped on close.
public final class PendingHandshake implements AutoCloseable {
    private final PeerKeys peer;
    private final int localIndex;
    private final KeyPair ephemeral;
    private final NoiseState noise;

    /// Draws an ephemeral key.
    ///
    /// @param localIndex by which the peer names the session to come
    public PendingHandshake(PeerKeys peer, int localIndex, RandomGenerator random) {
        this.peer = peer;
        this.localIndex = localIndex;
        ephemeral = KeyPair.generate(random);
        noise = new NoiseState(peer.remote());
    }

    /// The index by which the peer names the session to come.
    public int localIndex() {
        return localIndex;
    }

    /// Writes the initiation, macs still zero. Call once.
    public byte[] initiate(Tai64n timestamp) {
        var message =
                HandshakeFields.message(MessageType.INITIATION, MessageType.INITIATION_LENGTH);
        HandshakeFields.putIndex(message, SENDER_OFFSET, localIndex);

        byte[] ephemeralBytes = ephemeral.publicKey().toBytes();
        HandshakeFields.put(message, INITIATION_EPHEMERAL_OFFSET, ephemeralBytes);
        noise.mixEphemeral(ephemeralBytes);

        var shared = new byte[KEY_LENGTH];
        ephemeral.privateKey().agree(peer.remote(), shared); // peer.isUsable() was checked
        var staticBytes = peer.local().publicKey().toBytes();
        var sealedStatic =
                HandshakeAead.seal(noise.mixKeyForField(shared), staticBytes, noise.hash());
        HandshakeFields.put(message, INITIATION_STATIC_OFFSET, sealedStatic);
        noise.mixHash(sealedStatic);
        Arrays.fill(shared, (byte) 0);

        var sealedTimestamp =
                HandshakeAead.seal(
                        noise.mixKeyForField(peer.staticShared()),
                        timestamp.toBytes(),
                        noise.hash());
        HandshakeFields.put(message, INITIATION_TIMESTAMP_OFFSET, sealedTimestamp);
        noise.mixHash(sealedTimestamp);
        return message;
    }

    /// Empty if `response` does not answer this initiation; the state is then unchanged.
    public Optional<TransportKeys> finish(byte[] response) {
        try (var attempt = noise.copy()) {
            byte[] ephemeralBytes =
                    HandshakeFields.field(response, RESPONSE_EPHEMERAL_OFFSET, KEY_LENGTH);
            var remoteEphemeral = new PublicKey(ephemeralBytes);
            attempt.mixEphemeral(ephemeralBytes);
            var shared = new byte[KEY_LENGTH];
            if (!ephemeral.privateKey().agree(remoteEphemeral, shared)) {
                return Optional.empty();
            }
            attempt.mixKey(shared);
            if (!peer.local().privateKey().agree(remoteEphemeral, shared)) {
                return Optional.empty();
            }
            attempt.mixKey(shared);
            Arrays.fill(shared, (byte) 0);
            byte[] key = attempt.mixPreshared(peer.psk());
            var empty =
                    HandshakeFields.field(
                            response, RESPONSE_EMPTY_OFFSET, HandshakeAead.TAG_LENGTH);
            if (HandshakeAead.open(key, empty, attempt.hash()).isEmpty()) {
                return Optional.empty();
            }
            var keys = attempt.split();
            int remoteIndex = HandshakeFields.index(response, SENDER_OFFSET);
            return Optional.of(new TransportKeys(keys[0], keys[1], remoteIndex));
        }
    }

    @Override
    public void close() {
        noise.close();
        ephemeral.privateKey().close();
    }
}
