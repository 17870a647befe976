package dev.gatehouse.wireguard.handshake;

import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PublicKey;
import dev.gatehouse.wireguard.message.MessageType;
import java.nio.ByteBuffer;
import java.util.Optional;

/// Finds out who sent a handshake initiation, so that its tunnel can be looked up.
public final class HandshakeIdentity {
    private HandshakeIdentity() {}

    /// Decrypts the sender's static key of the type 1 message at `offset`.
    ///
    /// The answer is a claim: only the time stamp, which the tunnel verifies, proves it. Costs one
    /// key agreement: ask the [HandshakeGate] first.
    public static Optional<PublicKey> identify(KeyPair local, ByteBuffer b, int offset) {
        byte[] message = HandshakeFields.copy(b, offset, MessageType.INITIATION_LENGTH);
        return ReceivedInitiation.read(local, message)
                .map(
                        initiation -> {
                            initiation.close();
                            return initiation.remoteStatic();
                        });
    }
}
