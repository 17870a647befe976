package dev.gatehouse.turn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// An allocation talks to a real relay as real clients and gateways did: what it says is theirs to
/// the last byte, and what the relay answered leads it to the same addresses and channels.
class RecordedTurnSessionsTest {
    private static final List<Endpoint> RELAY =
            List.of(Endpoint.parse("10.99.0.3:3478"), Endpoint.parse("[fd99::3]:3478"));

    /// One message of a conversation.
    private record Line(boolean isOurs, Endpoint peer, Endpoint relay, byte[] bytes) {
        static Line of(String[] words) {
            return new Line(
                    words[4].equals(">"),
                    Endpoint.parse(words[5]),
                    Endpoint.parse(words[6]),
                    HexFormat.of().parseHex(words[7]));
        }

        StunMessage message() {
            return (StunMessage) StunMessage.decode(ByteBuffer.wrap(bytes), 0, bytes.length);
        }
    }

    private record Session(
            String who, String username, String password, String software, List<Line> lines) {
        static Session of(List<String[]> rows) {
            var first = rows.getFirst();
            var lines = rows.stream().map(Line::of).toList();
            return new Session(first[0], first[1], first[2], first[3], lines);
        }

        @Override
        public String toString() {
            return who;
        }
    }

    static Stream<Session> sessions() throws IOException {
        var file = "/vectors/recorded/turn-sessions.tsv";
        try (var in = RecordedTurnSessionsTest.class.getResourceAsStream(file)) {
            var rows = new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines();
            var byPeer =
                    rows.map(row -> row.split("\t"))
                            .collect(
                                    Collectors.groupingBy(
                                            words -> words[0],
                                            LinkedHashMap::new,
                                            Collectors.toList()));
            assertThat(byPeer).hasSize(8);
            return byPeer.values().stream().map(Session::of);
        }
    }

    @ParameterizedTest
    @MethodSource("sessions")
    void theConversationIsTheSame(Session session) {
        var info = new RelayInfo("relay", RELAY, session.username(), session.password());
        var random = new Script(session.lines());
        var allocation = Allocation.start(info, session.software(), random, 0);
        var sent = new ArrayDeque<Datagram>();
        for (var line : session.lines()) {
            var message = line.message();
            if (line.isOurs()) {
                if (message.method() == StunMethods.CHANNEL_BIND) {
                    allocation.bind(message.xorPeerAddress().orElseThrow(), 0);
                }
                drain(allocation, sent);
                var ours = next(sent, line);
                assertThat(ours.remote()).isEqualTo(line.relay());
                assertThat(ours.payload().bytes()).as("%s", message).isEqualTo(line.bytes());
            } else {
                allocation.handleMessage(message, line.peer(), line.relay(), 0);
            }
        }

        assertResult(session, allocation);
    }

    private static void assertResult(Session session, Allocation allocation) {
        int channels = 0;
        for (var line : session.lines()) {
            var message = line.message();
            boolean isGrant =
                    message.method() == StunMethods.ALLOCATE
                            && message.messageClass() == MessageClass.SUCCESS;
            if (isGrant) {
                assertThat(allocation.relayed()).isEqualTo(message.xorRelayedAddresses());
            }
            if (line.isOurs() && message.method() == StunMethods.CHANNEL_BIND) {
                int number = message.channelNumber().orElseThrow();
                assertThat(allocation.receiveOn(number, 0))
                        .isEqualTo(message.xorPeerAddress().orElseThrow());
                channels++;
            }
        }
        assertThat(channels).isGreaterThanOrEqualTo(4);
    }

    private static void drain(Allocation allocation, Queue<Datagram> sent) {
        for (var one = allocation.pollTransmit(); one != null; one = allocation.pollTransmit()) {
            sent.add(one);
        }
    }

    /// We ask IPv4 first, some of them did not: what is sent at once has no order.
    private static Datagram next(Queue<Datagram> sent, Line line) {
        var id = line.message().transactionId();
        for (var one : sent) {
            var bytes = one.payload().bytes();
            var ours = (StunMessage) StunMessage.decode(ByteBuffer.wrap(bytes), 0, bytes.length);
            if (ours.transactionId().equals(id)) {
                sent.remove(one);
                return one;
            }
        }
        throw new AssertionError("we sent nothing like " + line.message());
    }

    /// Draws the transaction ids of the recorded requests, in the order in which we send.
    private static final class Script implements RandomGenerator {
        /// Of a Binding to a family that the network did not have.
        private static final TransactionId UNRECORDED = new TransactionId(0, 0, 0);

        private final Queue<Integer> words = new ArrayDeque<>();

        Script(List<Line> lines) {
            for (var relay : RELAY) {
                add(lines.stream().filter(l -> isBinding(l, relay)).findFirst());
            }
            lines.stream()
                    .filter(l -> l.isOurs() && l.message().method() != StunMethods.BINDING)
                    .forEach(l -> add(Optional.of(l)));
        }

        private static boolean isBinding(Line line, Endpoint relay) {
            return line.isOurs()
                    && line.relay().equals(relay)
                    && line.message().method() == StunMethods.BINDING;
        }

        private void add(Optional<Line> line) {
            var id = line.map(l -> l.message().transactionId()).orElse(UNRECORDED);
            words.addAll(List.of(id.a(), id.b(), id.c()));
        }

        @Override
        public int nextInt() {
            return words.remove();
        }

        @Override
        public long nextLong() {
            throw new IllegalStateException("not drawn");
        }
    }
}
