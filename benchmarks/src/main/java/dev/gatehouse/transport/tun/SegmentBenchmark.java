package dev.gatehouse.transport.tun;

import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.PacketBatch;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
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
import org.openjdk.jmh.annotations.Warmup;

/// Time per packet of cutting and of joining super-packets of 48 segments of 1,280 bytes.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class SegmentBenchmark {
    private static final int SEGMENTS = 48;
    private static final int IP_LENGTH = 20;
    private static final int PACKET_LENGTH = 1280;

    @Param({"true", "false"})
    private boolean tcp;

    private final ByteBuffer superPacket = ByteBuffer.allocateDirect(1 << 16);
    private final SegmentCutter cutter = new SegmentCutter();
    private final SegmentJoiner joiner = new SegmentJoiner(true);
    private final PacketBatch cut = LinuxTun.newBatch(SEGMENTS, PACKET_LENGTH);
    private int length;
    private int slot;

    @Setup
    public void fill() {
        int header = IP_LENGTH + (tcp ? 20 : 8);
        int segment = PACKET_LENGTH - header;
        slot = cut.buffer().capacity() / SEGMENTS;
        length = VirtioHeader.LENGTH + header + SEGMENTS * segment;
        var noise = new byte[length];
        new SplittableRandom(1).nextBytes(noise);
        superPacket.put(0, noise);
        int type = tcp ? VirtioHeader.GSO_TCPV4 : VirtioHeader.GSO_UDP_L4;
        VirtioHeader.writeJoined(superPacket, 0, type, header, segment, IP_LENGTH);
        int at = VirtioHeader.LENGTH;
        superPacket.putInt(at, 0x45 << 24 | length - VirtioHeader.LENGTH);
        superPacket.putInt(at + 4, 0x4000);
        superPacket.putInt(at + 8, 64 << 24 | (tcp ? 6 : 17) << 16);
        superPacket.putShort(at + 10, (short) Checksums.ipv4Header(superPacket, at, IP_LENGTH));
        superPacket.putShort(at + IP_LENGTH + 12, (short) 0x5010);
        if (cut() != SEGMENTS || joiner.run(cut, 0, SEGMENTS) != SEGMENTS) {
            throw new IllegalStateException("not cut and joined as a whole");
        }
    }

    @Benchmark
    @OperationsPerInvocation(SEGMENTS)
    public int cut() {
        cutter.load(superPacket, 0, length);
        cut.clear();
        while (cutter.hasNext()) {
            int offset = cut.count() * slot + PacketBatch.HEADROOM_LENGTH;
            cut.add(offset, cutter.next(cut.buffer(), offset), 0);
        }
        return cut.count();
    }

    /// Checksums of all segments included.
    @Benchmark
    @OperationsPerInvocation(SEGMENTS)
    public int join() {
        return joiner.run(cut, 0, SEGMENTS);
    }
}
