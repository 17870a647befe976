package dev.gatehouse.turn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PendingRequestsTest {
    private static final Endpoint SERVER = Endpoint.parse("203.0.113.3:3478");
    private static final Endpoint OTHER = Endpoint.parse("203.0.113.4:3478");
    private static final long SECOND_NS = 1_000_000_000L;

    private final PendingRequests pending = new PendingRequests();
    private final TurnLogin login = new TurnLogin("user", "password", Optional.of("nonce"));
    private int ids;

    @Test
    void everyCopyOfARequestMayBeAnsweredButOnlyByItsServer() {
        var refresh = TurnRequest.to(SERVER, TurnRequest.Kind.REFRESH);
        send(refresh, 0);
        send(refresh, SECOND_NS);

        assertThat(pending.answeredBy(answer(1), SERVER)).containsSame(refresh);
        assertThat(pending.answeredBy(answer(2), SERVER)).containsSame(refresh);
        assertThat(pending.answeredBy(answer(3), SERVER)).isEmpty();
        assertThat(pending.answeredBy(answer(1), OTHER)).isEmpty();
    }

    @Test
    void whatIsRemovedIsNotAnswered() {
        var refresh = TurnRequest.to(SERVER, TurnRequest.Kind.REFRESH);
        var binding = TurnRequest.to(SERVER, TurnRequest.Kind.BINDING);
        send(refresh, 0);
        send(binding, 0);
        pending.remove(refresh);
        pending.remove(refresh);

        assertThat(pending.answeredBy(answer(1), SERVER)).isEmpty();
        assertThat(pending.contains(TurnRequest.Kind.REFRESH)).isFalse();
        assertThat(pending.containsBindingTo(SERVER)).isTrue();
        assertThat(pending.containsBindingTo(OTHER)).isFalse();

        pending.clear();
        assertThat(pending.isEmpty()).isTrue();
        assertThat(pending.contains(TurnRequest.Kind.BINDING)).isFalse();
        assertThat(pending.nextDeadlineNs()).isEqualTo(PendingRequests.NEVER);
    }

    @Test
    void thoseThatAreDueComeInTheOrderTheyWereAdded() {
        var first = TurnRequest.to(SERVER, TurnRequest.Kind.REFRESH);
        var second = TurnRequest.to(OTHER, TurnRequest.Kind.REFRESH);
        send(first, 0);
        send(second, 0);

        assertThat(pending.due(0)).isEmpty();
        assertThat(pending.nextDeadlineNs()).isEqualTo(SECOND_NS);
        assertThat(pending.due(SECOND_NS)).containsExactly(first, second);
    }

    private void send(TurnRequest request, long nowNs) {
        request.write("test", login, new TransactionId(1, 1, ++ids), nowNs);
        pending.add(request);
    }

    private static StunMessage answer(int id) {
        byte[] bytes =
                new StunWriter(
                                MessageClass.SUCCESS,
                                StunMethods.REFRESH,
                                new TransactionId(1, 1, id))
                        .build();
        return (StunMessage) StunMessage.decode(ByteBuffer.wrap(bytes), 0, bytes.length);
    }
}
