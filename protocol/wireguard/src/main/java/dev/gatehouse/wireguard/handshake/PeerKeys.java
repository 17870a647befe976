package dev.gatehouse.wireguard.handshake;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.util.Arrays;

/// The long-lived keys of one tunnel and what is derived from them once.
public final class PeerKeys implements AutoCloseable {
    private static final byte[] LABEL_MAC1 = "mac1----".getBytes(US_ASCII);
    private static final byte[] LABEL_COOKIE = "cookie--".getBytes(US_ASCII);

    private final KeyPair local;
    private final PublicKey remote;
    private final PresharedKey psk;
    private final byte[] staticShared = new byte[32];
    private final boolean isUsable;
    private final byte[] remoteMac1Key;
    private final byte[] remoteCookieKey;

    /// Costs one key agreement.
    ///
    /// @param local our static key pair, which the owner of the tunnel wipes
    /// @param remote the static key of the peer, maybe of low order: ask [#isUsable]
    public PeerKeys(KeyPair local, PublicKey remote, PresharedKey psk) {
        this.local = local;
        this.remote = remote;
        this.psk = psk;
        isUsable = local.privateKey().agree(remote, staticShared);
        remoteMac1Key = mac1Key(remote);
        remoteCookieKey = cookieKey(remote);
    }

    /// The key of mac1 in messages to `receiver`.
    static byte[] mac1Key(PublicKey receiver) {
        return Blake2s.hash(LABEL_MAC1, receiver.toBytes());
    }

    /// The key of cookie replies that `sender` writes.
    static byte[] cookieKey(PublicKey sender) {
        return Blake2s.hash(LABEL_COOKIE, sender.toBytes());
    }

    /// Our static key pair.
    public KeyPair local() {
        return local;
    }

    /// The static key of the peer.
    public PublicKey remote() {
        return remote;
    }

    PresharedKey psk() {
        return psk;
    }

    /// False if the peer's key is a point of low order: no handshake with it is safe.
    public boolean isUsable() {
        return isUsable;
    }

    /// The agreement of the two static keys.
    byte[] staticShared() {
        return staticShared;
    }

    byte[] remoteMac1Key() {
        return remoteMac1Key;
    }

    byte[] remoteCookieKey() {
        return remoteCookieKey;
    }

    /// Wipes what was derived; the keys themselves belong to the owner of the tunnel.
    @Override
    public void close() {
        Arrays.fill(staticShared, (byte) 0);
    }
}
