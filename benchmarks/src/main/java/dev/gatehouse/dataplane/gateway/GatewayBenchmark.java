package dev.gatehouse.dataplane.gateway;

import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.filter.Filter;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.filter.RuleSet;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.nat.NatShared;
import dev.gatehouse.dataplane.gateway.nat.NatTable;
import dev.gatehouse.dataplane.gateway.nat.Translation;
import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.IpProtocol;
import dev.gatehouse.wire.PacketBatch;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Time per packet of what a gateway decides and rewrites, without ciphers: 48 packets of one flow,
/// the same as 48 flows, a filter of many ranges, and a translation there and back.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class GatewayBenchmark {
    private static final int PACKETS = 48;
    private static final int LENGTH = 1280;
    private static final int RANGES = 32;
    private static final String CLIENT = "client";
    private static final IpAddress INSIDE = IpAddress.parse("100.64.0.9");
    private static final IpAddress PROXY = IpAddress.parse("100.96.0.1");
    private static final IpAddress SERVER = IpAddress.parse("10.77.0.10");

    private final GatewayState state = new GatewayState(GatewayLimits.defaults(), 0, 1);
    private final PacketBatch oneFlow = batch(0);
    private final PacketBatch manyFlows = batch(1);
    private final NatTable nat =
            new NatTable("client", new NatShared(GatewayLimits.defaults().nat(), 1));
    private final IpPacket packet = new IpPacket();
    private final RuleSet rules =
            new RuleSet(
                    IntStream.range(0, RANGES)
                            .<Filter>mapToObj(
                                    i -> new Filter.Ports(Filter.Transport.TCP, 10 * i, 10 * i + 5))
                            .toList());
    private long passed;
    private final GatewayOutput count =
            new GatewayOutput() {
                @Override
                public void toTun(PacketBatch packets, int index) {
                    passed++;
                }

                @Override
                public void toPeer(String clientId, PacketBatch packets, int index) {
                    throw new IllegalStateException("refused: " + state.drops());
                }
            };

    @Setup
    public void authorize() {
        state.setInterface(IpAddress.parse("100.64.0.1"), IpAddress.parse("fd00:2021:1111::1"));
        var resource =
                new ResourceSpec.Cidr(
                        "net",
                        "net",
                        IpNetwork.parse("10.77.0.0/24"),
                        List.of(new Filter.Ports(Filter.Transport.TCP, 5201, 5300)));
        var v6 = IpAddress.parse("fd00:2021:1111::9");
        state.authorize(new Authorization(CLIENT, INSIDE, v6, resource, OptionalLong.empty()), 0);
        for (int i = 0; i < PACKETS; i++) {
            nat.create(IpProtocol.TCP, 40_000 + i, PROXY, SERVER, 0);
        }
    }

    private static PacketBatch batch(int portStep) {
        int slot = PacketBatch.HEADROOM_LENGTH + LENGTH + PacketBatch.TAILROOM_LENGTH;
        var batch = PacketBatch.allocate(PACKETS * slot, PACKETS);
        var buffer = batch.buffer();
        for (int i = 0; i < PACKETS; i++) {
            int at = i * slot + PacketBatch.HEADROOM_LENGTH;
            buffer.putInt(at, 0x45 << 24 | LENGTH);
            buffer.putInt(at + 8, 64 << 24 | IpProtocol.TCP << 16);
            INSIDE.write(buffer, at + 12);
            SERVER.write(buffer, at + 16);
            buffer.putShort(at + 10, (short) Checksums.ipv4Header(buffer, at, 20));
            buffer.putInt(at + 20, 40_000 + i * portStep << 16 | 5201);
            buffer.putInt(at + 32, 0x5010 << 16);
            batch.add(at, LENGTH, 0);
        }
        return batch;
    }

    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public long checkOneFlow() {
        state.handleFromPeer(CLIENT, oneFlow, count, 0);
        return passed;
    }

    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public long checkManyFlows() {
        state.handleFromPeer(CLIENT, manyFlows, count, 0);
        return passed;
    }

    @Benchmark
    public boolean lastOfManyPortRanges() {
        return rules.admits(IpProtocol.TCP, 10 * RANGES - 6);
    }

    /// Looks the session up each way, rewrites addresses and ports, and mends the checksums.
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public int translateThereAndBack() {
        int found = 0;
        for (int i = 0; i < PACKETS; i++) {
            var inside = nat.findInside(IpProtocol.TCP, 40_000 + i, PROXY.high(), PROXY.low());
            packet.parse(manyFlows.buffer(), manyFlows.offset(i), LENGTH);
            nat.touchOutbound(inside, 0, 0);
            Translation.rewriteOutbound(packet, inside);
            var outside =
                    nat.findOutside(IpProtocol.TCP, inside.outsideId, SERVER.high(), SERVER.low());
            nat.touchInbound(outside, 0, 0);
            found += outside == inside ? 1 : 0;
        }
        return found;
    }
}
