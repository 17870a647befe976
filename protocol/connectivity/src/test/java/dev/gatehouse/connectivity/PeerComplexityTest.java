package dev.gatehouse.connectivity;

import static dev.gatehouse.connectivity.SimWorld.S;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.connectivity.peer.PeerLimits;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.wire.IpAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What one peer's signals and checks cost the thread that serves all.
class PeerComplexityTest {
    private static final int ENTRIES = 100;
    private static final int TIMES = 8;
    private static final int COST_RATIO_MAX = 10;
    private static final int PARSED_CANDIDATE_BYTES = 4_096;

    private final SimWorld world = new SimWorld(1);
    private SimPair pair;
    private Node gateway;

    @BeforeEach
    void connect() {
        pair = SimPair.ofPublicHosts(world);
        world.run(S);
        gateway = pair.gateway().node;
    }

    /// 64 host and 64 reflexive candidates, then one of them again and again: 53 kB each.
    @Test
    void twoMessagesOfAThousandCandidatesHoldUpNobody() {
        var message = new ArrayList<String>();
        IntStream.range(0, 64).mapToObj(PeerComplexityTest::host).forEach(message::add);
        IntStream.range(0, 64).mapToObj(PeerComplexityTest::reflexive).forEach(message::add);
        message.addAll(Collections.nCopies(1_000, host(0)));

        long startedNs = System.nanoTime();
        long bytes = AllocatedBytes.of(2, _ -> signal(message));
        long tookMs = Duration.ofNanos(System.nanoTime() - startedNs).toMillis();

        assertThat(tookMs).isLessThan(Eventually.patientMs(400));
        assertThat(bytes).isLessThan(40_000_000);
        assertThat(gateway.drops().get(DropReason.CANDIDATE_EXCESS))
                .isGreaterThanOrEqualTo(
                        2 * (message.size() - PeerLimits.CANDIDATES_PER_MESSAGE_MAX));
        pair.exchange(world);
    }

    @Test
    void knownCandidatesCostTheSameEach() {
        signal(List.of(host(0)));
        gateway.addRemoteCandidates(SimPair.CLIENT, repeated(ENTRIES), now()); // loads classes
        long few = cost(ENTRIES / 4);
        long many = cost(ENTRIES / 4 * TIMES);

        assertThat(many).isLessThanOrEqualTo(COST_RATIO_MAX * few);
        assertThat(few / (ENTRIES / 4)).isLessThan(PARSED_CANDIDATE_BYTES);
    }

    private long cost(int candidates) {
        var message = repeated(candidates);
        return AllocatedBytes.of(1, _ -> signal(message));
    }

    private static List<String> repeated(int count) {
        return Collections.nCopies(count, host(0));
    }

    @Test
    void manyMessagesOfKnownCandidatesAreLimitedBySecond() {
        var message = Collections.nCopies(PeerLimits.CANDIDATES_PER_MESSAGE_MAX, host(0));
        for (int i = 0; i < 1_000; i++) {
            signal(message);
        }

        assertThat(gateway.drops().get(DropReason.CANDIDATE_EXCESS)).isGreaterThan(200_000);
        pair.exchange(world);
    }

    @Test
    void withdrawalsAreLimitedLikeCandidates() {
        var message = IntStream.range(0, 1_000).mapToObj(PeerComplexityTest::host).toList();

        gateway.removeRemoteCandidates(SimPair.CLIENT, message, now());

        assertThat(gateway.drops().get(DropReason.CANDIDATE_EXCESS)).isEqualTo(744);
    }

    @Test
    void aPeerGetsItsShareOfTheChannelsAndNoMore() {
        for (int second = 0; second < 60; second++) {
            int from = 256 * second;
            signal(
                    IntStream.range(from, from + 256)
                            .mapToObj(PeerComplexityTest::reflexive)
                            .toList());
            world.run(S);
        }

        assertThat(pair.relay().binds).isBetween(32, 100);
        assertThat(gateway.drops().get(DropReason.CHANNEL_EXCESS)).isPositive();
        pair.exchange(world);
    }

    /// A host with 32 addresses behind 32 translators, in a new network every minute.
    @Test
    void aMultiHomedPeerMeetsNoLimit() {
        for (int network = 0; network < 5; network++) {
            var message = new ArrayList<String>();
            for (int i = 32 * network; i < 32 * network + 32; i++) {
                message.add(host(i));
                message.add(reflexive(i));
            }
            signal(message);
            signal(message);
            world.run(60 * S);
            gateway.removeRemoteCandidates(SimPair.CLIENT, message, now());
        }

        assertThat(gateway.drops().get(DropReason.CANDIDATE_EXCESS)).isZero();
        assertThat(gateway.drops().get(DropReason.ICE_EXCESS)).isZero();
    }

    /// Each resource that is asked for makes both peers tell all their candidates again.
    @Test
    void aBrowserThatOpensAHundredsOfNamesMeetsNoLimit() {
        var message = IntStream.range(0, 40).mapToObj(PeerComplexityTest::host).toList();
        for (int second = 0; second < 5; second++) {
            for (int i = 0; i < 200; i++) {
                signal(message);
            }
            world.run(S);
        }

        assertThat(gateway.drops().get(DropReason.CANDIDATE_EXCESS)).isZero();
    }

    @Test
    void candidatesOfNobodyAreNotEvenRead() {
        var message = Collections.nCopies(10_000, "candidate");
        long bytes =
                AllocatedBytes.of(100, _ -> gateway.addRemoteCandidates("nobody", message, now()));

        assertThat(bytes).isLessThan(100_000);
        assertThat(gateway.drops().get(DropReason.CANDIDATE_WITHOUT_CONNECTION))
                .isEqualTo(1_000_000);
    }

    @Test
    void checksInAnyNameCostALookUp() {
        long before = gateway.drops().get(DropReason.ICE_NOT_ACCEPTED);
        int sent = world.captured.size();
        for (int i = 0; i < 10_000; i++) {
            check("u%04d:v%04d".formatted(i, i), new byte[16], i);
        }
        world.run(S);

        assertThat(gateway.drops().get(DropReason.ICE_NOT_ACCEPTED) - before).isEqualTo(10_000);
        assertThat(world.captured.size() - sent).isLessThan(100); // what the two do anyway
    }

    @Test
    void checksThatVerifyAreLimitedBySecond() {
        byte[] password = "password-of-gateway".getBytes(StandardCharsets.US_ASCII);
        String name = "gateway1:client1";
        for (int i = 0; i < 5_000; i++) {
            check(name, password, i);
        }

        assertThat(gateway.drops().get(DropReason.ICE_EXCESS)).isBetween(2_900L, 3_100L);
        pair.exchange(world);
    }

    private void check(String username, byte[] key, int transaction) {
        byte[] request =
                new StunWriter(
                                MessageClass.REQUEST,
                                StunMethods.BINDING,
                                new TransactionId(7, 7, transaction))
                        .username(username)
                        .iceControlling(5)
                        .priority(1862270719)
                        .buildSignedWithFingerprint(key);
        world.deliver(pair.gateway(), pair.gateway().endpoint(), pair.client().endpoint(), request);
    }

    private void signal(List<String> candidates) {
        gateway.addRemoteCandidates(SimPair.CLIENT, candidates, now());
        world.drain(pair.gateway());
    }

    private long now() {
        return pair.gateway().nodeNowNs();
    }

    private static String host(int i) {
        return candidate(i, p -> "10.1.%d.%d 52625 typ host".formatted(p >> 8, p & 0xFF));
    }

    private static String reflexive(int i) {
        return candidate(
                i,
                p ->
                        "%s %d typ srflx raddr 0.0.0.0 rport 0"
                                .formatted(IpAddress.v4(0xCB007109), 10_000 + p));
    }

    private static String candidate(int i, IntFunction<String> rest) {
        return "candidate:1 1 udp 1694498559 " + rest.apply(i);
    }
}
