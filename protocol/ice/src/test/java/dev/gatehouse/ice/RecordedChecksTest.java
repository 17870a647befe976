package dev.gatehouse.ice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.wire.Endpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Our agents ask and answer as those of real clients and gateways did, byte for byte.
class RecordedChecksTest {
    private static final Endpoint V4 = Endpoint.parse("192.0.2.10:52625");
    private static final Endpoint V6 = Endpoint.parse("[2001:db8::10]:52625");

    /// @param answer empty where none was recorded
    record Recorded(
            Role asker, IceCredentials ours, IceCredentials theirs, byte[] request, byte[] answer) {
        static Recorded of(String line) {
            var words = line.split("\t");
            return new Recorded(
                    words[0].equals("client") ? Role.CONTROLLING : Role.CONTROLLED,
                    new IceCredentials(words[1], words[2]),
                    new IceCredentials(words[3], words[4]),
                    HexFormat.of().parseHex(words[5]),
                    HexFormat.of().parseHex(words[6].replace("-", "")));
        }

        StunMessage asked() {
            return decode(request);
        }

        @Override
        public String toString() {
            return asker + " " + asked().transactionId();
        }
    }

    static Stream<Recorded> checks() throws IOException {
        var file = "/vectors/recorded/checks.tsv";
        try (var in = RecordedChecksTest.class.getResourceAsStream(file)) {
            var lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
            assertThat(lines).hasSize(128);
            return lines.stream().map(Recorded::of);
        }
    }

    private static StunMessage decode(byte[] bytes) {
        return (StunMessage) StunMessage.decode(ByteBuffer.wrap(bytes), 0, bytes.length);
    }

    @ParameterizedTest
    @MethodSource("checks")
    void everyCheckIsAcceptedAndAnsweredAsItWas(Recorded check) {
        var role = check.asker() == Role.CONTROLLING ? Role.CONTROLLED : Role.CONTROLLING;
        var random = new Script(check.asked(), 1);
        var agent = agent(role, check.theirs(), check.ours(), random);

        assertThat(agent.accepts(check.asked())).isTrue();
        if (check.answer().length > 0) {
            var source = decode(check.answer()).xorMappedAddress().orElseThrow();
            var local = source.isV4() ? V4 : V6;
            agent.addLocalCandidate(Candidate.host(local), 0);
            agent.handleMessage(check.asked(), local, source, 0);

            assertThat(agent.pollTransmit().payload()).isEqualTo(check.answer());
        }
    }

    @ParameterizedTest
    @MethodSource("checks")
    void everyCheckIsAskedAsItWas(Recorded check) {
        var asked = check.asked();
        var agent = agent(check.asker(), check.ours(), check.theirs(), new Script(asked, 4));
        var local = local(asked.priority().orElseThrow());
        agent.addLocalCandidate(local, 0);
        agent.addRemoteCandidate(Candidate.host(local.address().isV4() ? V4 : V6), 0);
        if (asked.useCandidate()) {
            agent.handleMessage(successOf(agent.pollTransmit(), check), local.base(), V4, 0);
            agent.handleTimeout(agent.pollTimeout());
        }

        assertThat(agent.pollTransmit().payload()).isEqualTo(check.request());
    }

    private static StunMessage successOf(IceTransmit sent, Recorded check) {
        var id = decode(sent.payload()).transactionId();
        return decode(
                new StunWriter(MessageClass.SUCCESS, StunMethods.BINDING, id)
                        .xorMappedAddress(V4)
                        .buildSignedWithFingerprint(check.theirs().key()));
    }

    /// A candidate whose checks announce that priority: a check does not tell addresses.
    private static Candidate local(long priority) {
        var relayedV4 = Endpoint.parse("198.51.100.7:60123");
        var relayedV6 = Endpoint.parse("[2001:db8::7]:60123");
        return Stream.of(
                        Candidate.host(V4),
                        Candidate.host(V6),
                        Candidate.relayed(relayedV4, V4),
                        Candidate.relayed(relayedV6, V6),
                        Candidate.relayed(relayedV6, V4),
                        Candidate.relayed(relayedV4, V6))
                .filter(candidate -> candidate.checkPriority() == priority)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no candidate of ours has " + priority));
    }

    private static IceAgent agent(
            Role role, IceCredentials local, IceCredentials remote, RandomGenerator random) {
        return new IceAgent(role, local, remote, IceTimeouts.clientDefaults(), random, 0);
    }

    /// Draws the tie breaker of a recorded message, then its transaction id as often as asked for.
    private static final class Script implements RandomGenerator {
        private final long tieBreaker;
        private final Queue<Integer> words = new ArrayDeque<>();

        Script(StunMessage message, int times) {
            tieBreaker = message.iceControlling().orElse(message.iceControlled().orElse(0));
            var id = message.transactionId();
            for (int i = 0; i < times; i++) {
                words.addAll(List.of(id.a(), id.b(), id.c()));
            }
        }

        @Override
        public int nextInt() {
            return words.remove();
        }

        @Override
        public long nextLong() {
            return tieBreaker;
        }
    }
}
