package dev.gatehouse.benchmarks;

import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.crypto.AeadBatch;
import dev.gatehouse.wireguard.crypto.AeadKey;
import dev.gatehouse.wireguard.crypto.Aeads;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Time per 1,280-byte packet of each AEAD, in the batches of the data path.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class AeadBenchmark {
    private static final int PACKETS = 48; // what one send of 65,507 bytes takes, rounded down
    private static final int LENGTH = 1280;
    private static final int STRIDE = 16 + LENGTH + Aead.TAG_LENGTH;

    /// The field below, as JMH names it on its command line.
    static final String PARAMETER = "implementation";

    @Param({"jdk", "libcrypto", "vector"})
    private String implementation;

    private Aead aead;
    private AeadKey key;
    private ByteBuffer plain;
    private ByteBuffer sealed;
    private ByteBuffer opened;
    private long counter;

    @Setup
    public void open() {
        aead =
                Aeads.open(implementation)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "no AEAD \"" + implementation + "\" here"));
        aead.warmUp();
        aead.handleWarmedUp();
        key = new AeadKey(new byte[AeadKey.LENGTH], 0);
        plain = ByteBuffer.allocateDirect(PACKETS * LENGTH);
        sealed = ByteBuffer.allocateDirect(PACKETS * STRIDE);
        opened = ByteBuffer.allocateDirect(PACKETS * STRIDE);
        seal();
        counter = 0;
    }

    @TearDown
    public void close() {
        aead.close();
    }

    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public void seal() {
        seal(PACKETS);
    }

    @Benchmark
    public void sealSinglePacket() {
        seal(1);
    }

    private void seal(int count) {
        var batch = aead.batch();
        batch.clear();
        for (int i = 0; i < count; i++) {
            batch.add(i, counter++, i * LENGTH, i * STRIDE + 16, LENGTH);
        }
        aead.seal(key, plain, sealed, batch);
    }

    /// Includes a copy of the ciphertext, which opening in place destroys.
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public AeadBatch open48() {
        opened.put(0, sealed, 0, PACKETS * STRIDE);
        var batch = aead.batch();
        batch.clear();
        for (int i = 0; i < PACKETS; i++) {
            batch.add(i, i, i * STRIDE + 16, i * STRIDE + 16, LENGTH);
        }
        aead.open(key, opened, batch);
        return batch;
    }
}
