package dev.gatehouse.wireguard.handshake;

import static dev.gatehouse.wireguard.handshake.HandshakeFields.INITIATION_EPHEMERAL_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.INITIATION_STATIC_LENGTH;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.INITIATION_STATIC_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.INITIATION_TIMESTAMP_LENGTH;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.INITIATION_TIMESTAMP_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.KEY_LENGTH;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.RESPONSE_EMPTY_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.RESPONSE_EPHEMERAL_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.RESPONSE_RECEIVER_OFFSET;
import static dev.gatehouse.wireguard.handshake.HandshakeFields.SENDER_OFFSET;

import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PublicKey;
import dev.gatehouse.wireguard.message.MessageType;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// A peer's initiation whose sender is known, on its way to a response. Wiped on close.
public final class ReceivedInitiation implements AutoCloseable {
    private final byte[] message;
    private final NoiseState noise;
    private final PublicKey remoteEphemeral;
    private final PublicKey remoteStatic;

    private ReceivedInitiation(
            byte[] message, NoiseState noise, PublicKey ephemeral, PublicKey remoteStatic) {
        this.message = message;
        this.noise = noise;
        this.remoteEphemeral = ephemeral;
        this.remoteStatic = remoteStatic;
    }

    /// Decrypts the sender's static key; empty if the message is not for `local`.
    public static Optional<ReceivedInitiation> read(KeyPair local, byte[] message) {
        var noise = new NoiseState(local.publicKey());
        byte[] ephemeral = HandshakeFields.field(message, INITIATION_EPHEMERAL_OFFSET, KEY_LENGTH);
        var remoteEphemeral = new PublicKey(ephemeral);
        noise.mixEphemeral(ephemeral);
        var shared = new byte[KEY_LENGTH];
        if (!local.privateKey().agree(remoteEphemeral, shared)) {
            return Optional.empty();
        }
        byte[] key = noise.mixKeyForField(shared);
        Arrays.fill(shared, (byte) 0);
        byte[] sealed =
                HandshakeFields.field(message, INITIATION_STATIC_OFFSET, INITIATION_STATIC_LENGTH);
        return HandshakeAead.open(key, sealed, noise.hash())
                .map(
                        remoteStatic -> {
                            noise.mixHash(sealed);
                            return new ReceivedInitiation(
                                    message, noise, remoteEphemeral, new PublicKey(remoteStatic));
                        });
    }

    /// Who claims to have sent it; [#timestamp] proves it.
    public PublicKey remoteStatic() {
        return remoteStatic;
    }

    /// Decrypts the time stamp, which proves that the sender has its private key.
    public Optional<Tai64n> timestamp(PeerKeys peer) {
        byte[] key = noise.mixKeyForField(peer.staticShared());
        byte[] sealed =
                HandshakeFields.field(
                        message, INITIATION_TIMESTAMP_OFFSET, INITIATION_TIMESTAMP_LENGTH);
        var opened = HandshakeAead.open(key, sealed, noise.hash());
        noise.mixHash(sealed);
        return opened.map(Tai64n::ofBytes);
    }

    /// A response, macs still zero, and the keys of the session it begins.
    public record Answer(byte[] response, TransportKeys keys) {}

    /// Empty if the sender's ephemeral key is of low order.
    public Optional<Answer> answer(PeerKeys peer, int localIndex, RandomGenerator random) {
        int remoteIndex = HandshakeFields.index(message, SENDER_OFFSET);
        var response = HandshakeFields.message(MessageType.RESPONSE, MessageType.RESPONSE_LENGTH);
        HandshakeFields.putIndex(response, SENDER_OFFSET, localIndex);
        HandshakeFields.putIndex(response, RESPONSE_RECEIVER_OFFSET, remoteIndex);

        var ephemeral = KeyPair.generate(random);
        byte[] ephemeralBytes = ephemeral.publicKey().toBytes();
        HandshakeFields.put(response, RESPONSE_EPHEMERAL_OFFSET, ephemeralBytes);
        noise.mixEphemeral(ephemeralBytes);
        try (var secret = ephemeral.privateKey()) {
            var shared = new byte[KEY_LENGTH];
            if (!secret.agree(remoteEphemeral, shared)) {
                return Optional.empty();
            }
            noise.mixKey(shared);
            secret.agree(peer.remote(), shared); // peer.isUsable() was checked
            noise.mixKey(shared);
            Arrays.fill(shared, (byte) 0);
        }
        byte[] key = noise.mixPreshared(peer.psk());
        byte[] empty = HandshakeAead.seal(key, new byte[0], noise.hash());
        HandshakeFields.put(response, RESPONSE_EMPTY_OFFSET, empty);
        var keys = noise.split();
        return Optional.of(new Answer(response, new TransportKeys(keys[1], keys[0], remoteIndex)));
    }

    @Override
    public void close() {
        noise.close();
    }
}
