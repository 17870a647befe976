package dev.gatehouse.wireguard.crypto;

import java.nio.ByteBuffer;

/// ChaCha20-Poly1305 without associated data over batches of packets, RFC 8439 section 2.8.
///
/// One instance belongs to one shard: it keeps scratch memory and is not thread-safe. Buffers are
/// direct and big endian, positions absolute; implementations remember the buffers they saw, so use
/// few of them. Made by [Aeads].
public interface Aead extends AutoCloseable {
    int TAG_LENGTH = 16;

    /// For logs and metrics: `jdk`, `libcrypto` or `vector`.
    String name();

    /// The shard's scratch batch, shared by all tunnels that share this instance.
    AeadBatch batch();

    /// Writes ciphertext and tag of each packet of `batch`, read from `in`, to `out`.
    ///
    /// Source and target ranges must not overlap.
    void seal(AeadKey key, ByteBuffer in, ByteBuffer out, AeadBatch batch);

    /// Decrypts each packet of `batch` in place; the tag follows `length(i)` bytes of ciphertext.
    ///
    /// Sets [AeadBatch#isAuthentic]. The bytes of a packet that is not authentic are undefined.
    void open(AeadKey key, ByteBuffer inOut, AeadBatch batch);

    /// Drops every copy of `key` that this instance keeps; call before the key is closed.
    void forget(AeadKey key);

    /// Runs until the compiler has seen the hot path, where the implementation needs that.
    ///
    /// Takes seconds of CPU: call it on an instance of its own, from a thread of its own; what is
    /// compiled serves all instances. Then have each shard call [#handleWarmedUp].
    ///
    /// @throws IllegalStateException if the fast path computes wrongly: do not use it then
    default void warmUp() {}

    /// Tells this instance that a [#warmUp] has finished: from here on it takes the fastest path.
    default void handleWarmedUp() {}

    /// Wipes scratch memory and frees what is off-heap.
    @Override
    void close();
}
