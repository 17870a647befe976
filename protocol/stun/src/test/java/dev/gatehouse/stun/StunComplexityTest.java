package dev.gatehouse.stun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a message of many attributes costs who reads it: as much for each as one of few.
class StunComplexityTest {
    private static final int ATTRIBUTES = 40;
    private static final int TIMES = 8;
    private static final int COST_RATIO_MAX = 10;
    private static final int ROUNDS = 50;
    private static final int UNKNOWN_ATTRIBUTE = 0x8FFF;

    @BeforeEach
    void loadClasses() {
        cost(unknown(1));
        cost(addresses(1));
    }

    @Test
    void unknownAttributesCostTheSameEach() {
        assertThat(cost(unknown(ATTRIBUTES * TIMES)))
                .isLessThanOrEqualTo(COST_RATIO_MAX * cost(unknown(ATTRIBUTES)));
    }

    @Test
    void addressesCostTheSameEach() {
        assertThat(cost(addresses(ATTRIBUTES * TIMES)))
                .isLessThanOrEqualTo(COST_RATIO_MAX * cost(addresses(ATTRIBUTES)));
    }

    /// All that a relay or an agent asks of a message.
    private static long cost(byte[] bytes) {
        var buffer = ByteBuffer.wrap(bytes);
        return AllocatedBytes.of(
                ROUNDS,
                _ -> {
                    var message = (StunMessage) StunMessage.decode(buffer, 0, bytes.length);
                    message.malformedAttribute();
                    message.username();
                    message.nonce();
                    message.xorPeerAddresses();
                    message.xorRelayedAddresses();
                    message.verifyIntegrity(new byte[16]);
                });
    }

    private static byte[] unknown(int count) {
        var writer = writer();
        for (int i = 0; i < count; i++) {
            writer.attribute(UNKNOWN_ATTRIBUTE, new byte[4]);
        }
        return writer.username("a:b").build();
    }

    private static byte[] addresses(int count) {
        var writer = writer();
        for (int i = 0; i < count; i++) {
            writer.xorPeerAddress(new Endpoint(IpAddress.v4(i), 1));
        }
        return writer.buildSigned(new byte[16]);
    }

    private static StunWriter writer() {
        var id = new TransactionId(1, 2, 3);
        return new StunWriter(MessageClass.REQUEST, StunMethods.CREATE_PERMISSION, id);
    }
}
