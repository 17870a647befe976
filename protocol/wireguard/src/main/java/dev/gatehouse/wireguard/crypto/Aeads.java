package dev.gatehouse.wireguard.crypto;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// Chooses the AEAD implementation at start.
public final class Aeads {
    /// The names that [#choose] accepts, best first.
    public static final List<String> NAMES = List.of("vector", "libcrypto", "jdk");

    private static final int CHECK_PACKETS = 17;
    private static final int CHECK_LENGTH = 1280;
    private static final int CHECK_STRIDE = CHECK_LENGTH + Aead.TAG_LENGTH;

    /// Tag of the last packet of the self-check, as RFC 8439 has it.
    private static final String CHECK_TAG = "4813643d75e1bf29d007dbc61ca15ddb";

    private Aeads() {}

    /// The best implementation that works here, or the one named by `override`.
    ///
    /// The answer is one shard's instance: call once for each shard. It works at once; `vector`
    /// gets faster after [Aead#warmUp] on an instance of its own and [Aead#handleWarmedUp] on
    /// this one.
    ///
    /// @throws IllegalArgumentException if `override` names none, or one that does not work here
    public static Aead choose(Optional<String> override) {
        if (override.isPresent()) {
            String name = override.get();
            return open(name)
                    .orElseThrow(
                            () ->
                                    new IllegalArgumentException(
                                            "AEAD \"%s\" does not work here; known: %s"
                                                    .formatted(name, String.join(", ", NAMES))));
        }
        return NAMES.stream().flatMap(name -> open(name).stream()).findFirst().orElseThrow();
    }

    /// The implementation of that name, if it exists, loads and passes its self-check.
    public static Optional<Aead> open(String name) {
        Optional<Aead> aead =
                switch (name) {
                    case "jdk" -> Optional.of(new JdkAead());
                    case "libcrypto" ->
                            Libcrypto.isAvailable()
                                    ? Optional.of(new LibcryptoAead())
                                    : Optional.empty();
                    case "vector" ->
                            VectorAead.isSupported()
                                    ? Optional.of(new VectorAead())
                                    : Optional.empty();
                    default -> Optional.empty();
                };
        return aead.filter(Aeads::isSound);
    }

    /// Seals packets of known content, compares one tag, opens all but a forged one.
    private static boolean isSound(Aead aead) {
        var plain = ByteBuffer.allocateDirect(CHECK_LENGTH);
        var keyBytes = new byte[AeadKey.LENGTH];
        for (int i = 0; i < CHECK_LENGTH; i++) {
            plain.put(i, (byte) i);
            keyBytes[i % AeadKey.LENGTH] = (byte) (i % AeadKey.LENGTH);
        }
        var sealed = ByteBuffer.allocateDirect(CHECK_PACKETS * CHECK_STRIDE);
        try (var key = new AeadKey(keyBytes, 0)) {
            aead.seal(key, plain, sealed, checkBatch(0));
            var tag = new byte[Aead.TAG_LENGTH];
            sealed.get(CHECK_PACKETS * CHECK_STRIDE - Aead.TAG_LENGTH, tag);
            sealed.put(0, (byte) (sealed.get(0) ^ 1));
            var opening = checkBatch(CHECK_STRIDE);
            aead.open(key, sealed, opening);
            aead.forget(key);
            return HexFormat.of().formatHex(tag).equals(CHECK_TAG)
                    && !opening.isAuthentic(0)
                    && IntStream.range(1, CHECK_PACKETS).allMatch(opening::isAuthentic)
                    && sealed.slice((CHECK_PACKETS - 1) * CHECK_STRIDE, CHECK_LENGTH).equals(plain);
        }
    }

    private static AeadBatch checkBatch(int sourceStride) {
        var batch = new AeadBatch();
        for (int i = 0; i < CHECK_PACKETS; i++) {
            batch.add(i, (1L << 33) + i, i * sourceStride, i * CHECK_STRIDE, CHECK_LENGTH);
        }
        return batch;
    }
}
