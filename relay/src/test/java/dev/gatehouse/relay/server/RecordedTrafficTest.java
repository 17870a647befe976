package dev.gatehouse.relay.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.relay.server.Recording.Datagram;
import dev.gatehouse.relay.server.RelayHarness.Output;
import dev.gatehouse.relay.server.login.LongTermKeys;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpNetwork;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Real clients and gateways talk to this relay as they talked to the recorded one: with the same
/// nonces and ports drawn, it answers and relays the very same bytes.
class RecordedTrafficTest {
    static Set<String> recordings() {
        return Recording.names();
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void recordedPeersGetTheRecordedAnswers(String name) {
        var recording = Recording.load(name);
        var datagrams = withoutSupersededNonces(recording.datagrams());
        var relay = new RelayHarness(config(), keys(recording), new Script(datagrams));

        var sent = new TreeSet<String>();
        for (var datagram : datagrams) {
            if (datagram.isToRelay()) {
                relay.handle(datagram.destination(), datagram.source(), datagram.bytes())
                        .forEach(output -> describe(output, sent));
            }
        }

        var expected = new TreeSet<String>();
        for (var datagram : datagrams) {
            if (datagram.isFromRelay() && isCauseRecorded(datagram, datagrams)) {
                expected.add(describe(datagram));
            }
        }
        var missing = new TreeSet<>(expected);
        missing.removeAll(sent);
        assertThat(missing).as("missing of %d", expected.size()).isEmpty();
        assertThat(expected).hasSizeGreaterThan(25);
    }

    /// Recordings leave out repeats, among them some that the relay passed on.
    private static boolean isCauseRecorded(Datagram out, List<Datagram> datagrams) {
        var message = out.message();
        if (message.isPresent() && out.source().port() == 3478) {
            return true;
        }
        boolean isChannelData = out.hex().startsWith("4") && out.source().port() == 3478;
        String payload = isChannelData ? out.hex().substring(8) : out.hex();
        return datagrams.stream().anyMatch(in -> in.isToRelay() && in.hex().endsWith(payload));
    }

    private static String describe(Datagram datagram) {
        return describe(datagram.source().port(), datagram.destination(), datagram.hex());
    }

    private static void describe(Output output, Set<String> sent) {
        if (output instanceof Output.Sent(var from, var to, var datagrams)) {
            datagrams.forEach(hex -> sent.add(describe(from.port(), to, hex)));
        }
    }

    private static String describe(int port, Endpoint to, String hex) {
        return "from port %d to %s: %s".formatted(port, to, hex);
    }

    private static RelayConfig config() {
        return new RelayConfig(
                Optional.of(Recording.RELAY_V4),
                Optional.of(Recording.RELAY_V6),
                3478,
                49152,
                65535,
                "firezone-relay; rev=xxxx",
                RelayLimits.DEFAULT,
                Stream.of("0.0.0.0/0", "::/0").map(IpNetwork::parse).toList());
    }

    /// The stamp secret was not recorded, the keys were: each user has the one that fits.
    private static LongTermKeys keys(Recording recording) {
        Map<String, byte[]> known = new LinkedHashMap<>();
        for (var datagram : recording.datagrams()) {
            var message = datagram.message();
            for (String key : recording.keys()) {
                byte[] bytes = HexFormat.of().parseHex(key);
                message.filter(m -> m.verifyIntegrity(bytes))
                        .flatMap(StunMessage::username)
                        .ifPresent(user -> known.put(user, bytes));
            }
        }
        return user -> known.get(user.text());
    }

    /// Leaves out requests for a nonce, with their answers, that the client made again: it then
    /// got another nonce, where this relay repeats the one it gave (relay.md 16).
    private static List<Datagram> withoutSupersededNonces(List<Datagram> datagrams) {
        Map<Endpoint, Datagram> last = new LinkedHashMap<>();
        for (var datagram : datagrams) {
            if (isUnauthorized(datagram)) {
                last.put(datagram.destination(), datagram);
            }
        }
        var left = new ArrayList<>(datagrams);
        for (var datagram : datagrams) {
            if (isUnauthorized(datagram) && last.get(datagram.destination()) != datagram) {
                var id = datagram.message().orElseThrow().transactionId();
                left.removeIf(
                        d -> d.message().filter(m -> m.transactionId().equals(id)).isPresent());
            }
        }
        return left;
    }

    private static boolean isUnauthorized(Datagram datagram) {
        return datagram.message()
                .filter(m -> m.errorCode().orElse(0) == StunErrors.UNAUTHORIZED)
                .isPresent();
    }

    /// Draws the nonces and ports that the recorded relay drew.
    private static final class Script implements RandomGenerator {
        private final Queue<Long> longs = new ArrayDeque<>(List.of(0L)); // for the token buckets
        private final Queue<Integer> ports = new ArrayDeque<>();

        Script(List<Datagram> datagrams) {
            for (var datagram : datagrams) {
                if (isUnauthorized(datagram)) {
                    var nonce = datagram.message().flatMap(StunMessage::nonce).orElseThrow();
                    longs.add(UUID.fromString(nonce).getMostSignificantBits());
                    longs.add(UUID.fromString(nonce).getLeastSignificantBits());
                }
                datagram.message().ifPresent(this::addPort);
            }
        }

        private void addPort(StunMessage message) {
            if (message.messageClass() == MessageClass.SUCCESS
                    && message.method() == StunMethods.ALLOCATE) {
                ports.add(message.xorRelayedAddresses().getFirst().port());
            }
        }

        @Override
        public long nextLong() {
            return longs.remove();
        }

        @Override
        public int nextInt(int origin, int bound) {
            return ports.remove();
        }
    }
}
