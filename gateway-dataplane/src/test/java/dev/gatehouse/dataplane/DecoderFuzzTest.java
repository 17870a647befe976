package dev.gatehouse.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.gatehouse.dataplane.gateway.GatewayLimits;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.testkit.Mutator;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bytes of others are a value or the documented refusal.
class DecoderFuzzTest {
    private static final long NOW_UNIX_NS = 1_790_000_000L * 1_000_000_000L;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void damagedDnsMessagesAreUnderstoodOrNot(long seed) {
        var mutator = new Mutator(seed);
        var query = DnsMessage.queryForA(7, "host.example.test");
        var genuine = DnsMessage.parse(query).orElseThrow();
        int understood = 0;
        for (int i = 0; i < 20_000; i++) {
            var bytes = Buffer.buffer(mutator.bytes(query.getBytes()));
            var message = DnsMessage.parse(bytes);
            if (message.isPresent()) {
                understood++;
                readAll(message.get(), genuine);
            }
        }
        assertThat(understood).isBetween(1, 19_999);
    }

    private static void readAll(DnsMessage message, DnsMessage query) {
        message.answers(query);
        query.answers(message);
        message.isSuccess();
        int question = message.serverFailure(1200).length();
        assertThat(question).isBetween(DnsMessage.HEADER_LENGTH + 5, message.bytes().length() + 11);
        assertThat(message.toUdp(query, 1200).length()).isBetween(question - 11, 1200);
        assertThat(message.badVersion(1200).length()).isBetween(question, question + 11);
        assertThat(message.withId(1).bytes().length()).isEqualTo(message.bytes().length());
    }

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
