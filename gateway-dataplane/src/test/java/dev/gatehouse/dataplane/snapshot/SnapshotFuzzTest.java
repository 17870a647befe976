package dev.gatehouse.dataplane.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.testkit.Mutator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bytes of others are a value or the documented refusal.
class SnapshotFuzzTest {
    private static final long NOW_UNIX_NS = 1_790_000_000L * 1_000_000_000L;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedSnapshotsAreRefusedAsDocumented(long seed) {
        var mutator = new Mutator(seed);
        byte[] genuine = SnapshotTest.full().toByteArray();
        int decoded = 0;
        int refused = 0;
        for (int i = 0; i < 10_000; i++) {
            try {
                var snapshot = Snapshot.parseFrom(mutator.bytes(genuine));
                NodeCodec.decode(snapshot, NOW_UNIX_NS);
                new GatewayState(GatewayLimits.defaults(), NOW_UNIX_NS, 1)
                        .restore(GatewayCodec.decode(snapshot), 0);
                decoded++;
            } catch (InvalidProtocolBufferException | IllegalArgumentException _) {
                refused++;
            }
        }
        assertThat(decoded).isPositive();
        assertThat(refused).isPositive();
    }
}
