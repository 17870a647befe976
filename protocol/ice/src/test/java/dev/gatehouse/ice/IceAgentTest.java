package dev.gatehouse.ice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class IceAgentTest {
    static final IceCredentials CLIENT = new IceCredentials("cl7x", "client-side-password22");
    static final IceCredentials GATEWAY = new IceCredentials("gw9q", "gateway-side-password2");
    static final Endpoint LOCAL = Endpoint.parse("192.0.2.10:52625");
    static final Endpoint REMOTE = Endpoint.parse("192.0.2.20:52625");
    static final byte[] CLIENT_KEY = CLIENT.key();
    static final byte[] GATEWAY_KEY = GATEWAY.key();

    private static IceAgent gateway(RandomGenerator random) {
        return new IceAgent(
                Role.CONTROLLED, GATEWAY, CLIENT, IceTimeouts.gatewayDefaults(), random, 0);
    }

    private static IceAgent controlled(IceTimeouts timeouts) {
        return new IceAgent(Role.CONTROLLED, GATEWAY, CLIENT, timeouts, new SplittableRandom(1), 0);
    }

    private static IceAgent client() {
        return new IceAgent(
                Role.CONTROLLING,
                CLIENT,
                GATEWAY,
                IceTimeouts.clientDefaults(),
                new SplittableRandom(2),
                0);
    }

    private static long ms(long ms) {
        return Duration.ofMillis(ms).toNanos();
    }

    private static StunMessage decode(byte[] payload) {
        return (StunMessage) StunMessage.decode(ByteBuffer.wrap(payload), 0, payload.length);
    }

    private static List<IceTransmit> drain(IceAgent agent) {
        var sent = new ArrayList<IceTransmit>();
        for (var t = agent.pollTransmit(); t != null; t = agent.pollTransmit()) {
            sent.add(t);
        }
        return sent;
    }

    private static List<IceEvent> events(IceAgent agent) {
        var events = new ArrayList<IceEvent>();
        for (var e = agent.pollEvent(); e != null; e = agent.pollEvent()) {
            events.add(e);
        }
        return events;
    }

    private static StunMessage answer(StunMessage request, Endpoint mapped, byte[] key) {
        return decode(
                new StunWriter(MessageClass.SUCCESS, StunMethods.BINDING, request.transactionId())
                        .xorMappedAddress(mapped)
                        .buildSignedWithFingerprint(key));
    }

    private static StunMessage requestOfClient(boolean useCandidate, int id) {
        var request =
                new StunWriter(
                                MessageClass.REQUEST,
                                StunMethods.BINDING,
                                new TransactionId(9, 9, id))
                        .username("gw9q:cl7x")
                        .iceControlling(5)
                        .priority(1862270719);
        return decode(
                (useCandidate ? request.useCandidate() : request)
                        .buildSignedWithFingerprint(GATEWAY_KEY));
    }

    @Test
    void sendsTheSpecifiedRequestAndAcceptsItsAnswer() {
        var agent = gateway(new VectorRandom());
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);

        assertThat(HexFormat.of().formatHex(agent.pollTransmit().payload()))
                .isEqualTo(
                        "000100442112a4420102030405060708090a0b0c00060009636c37783a677739"
                                + "71000000802900081122334455667788002400046efffeff"
                                + "00080014650009ac41732def79d0958d74ea7d4033a736a2"
                                + "8028000493a78b80");
        var response =
                HexFormat.of()
                        .parseHex(
                                "0101002c2112a4420102030405060708090a0b0c002000080001ec83e112a648"
                                        + "00080014d798f5236c6fe5483ca0260cec2d1e461e3786bd"
                                        + "80280004475fbc34");
        assertThat(agent.accepts(decode(response))).isTrue();
    }

    @Test
    void answersARequestAndNominatesAtOnceWhenAsked() {
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        var request = requestOfClient(true, 1);
        assertThat(agent.accepts(request)).isTrue();

        agent.handleMessage(request, LOCAL, REMOTE, ms(5));

        var sent = drain(agent);
        var reply = decode(sent.getFirst().payload());
        assertThat(reply.xorMappedAddress()).contains(REMOTE);
        assertThat(reply.verifyIntegrity(GATEWAY_KEY)).isTrue();
        assertThat(reply.isFingerprintValid()).isTrue();
        assertThat(decode(sent.get(1).payload()).iceControlled()).isPresent();
        assertThat(events(agent))
                .containsExactly(
                        new IceEvent.Nominated(
                                LOCAL, REMOTE, Candidate.Kind.HOST, Candidate.Kind.PEER_REFLEXIVE),
                        new IceEvent.StateChanged(IceState.COMPLETED));
    }

    @Test
    void refusesWhatIsNotForIt() {
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        var id = new TransactionId(1, 2, 3);
        var request = new StunWriter(MessageClass.REQUEST, StunMethods.BINDING, id);

        assertThat(agent.accepts(decode(request.username("gw9q:cl7x").buildSigned(GATEWAY_KEY))))
                .as("no priority")
                .isFalse();
        assertThat(agent.accepts(decode(request.priority(1).buildSigned(CLIENT_KEY))))
                .as("wrong password")
                .isFalse();
        assertThat(agent.accepts(decode(request.build()))).as("unsigned").isFalse();
        assertThat(
                        agent.accepts(
                                decode(
                                        new StunWriter(
                                                        MessageClass.REQUEST,
                                                        StunMethods.BINDING,
                                                        id)
                                                .username("gw9q:other")
                                                .priority(1)
                                                .buildSigned(GATEWAY_KEY))))
                .as("another client")
                .isFalse();
        assertThat(agent.accepts(answer(requestOfClient(false, 1), LOCAL, CLIENT_KEY)))
                .as("a transaction that is not ours")
                .isFalse();
    }

    @Test
    void checksAnUnansweredPairByTheTableAndThenDropsIt() {
        var agent = controlled(IceTimeouts.clientDefaults());
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);

        var sentMs = runUntilDead(agent);

        assertThat(sentMs)
                .containsExactly(
                        0L, 250L, 750L, 1750L, 3250L, 4750L, 6250L, 7750L, 9250L, 10750L, 12250L,
                        13750L, 15250L);
        assertThat(agent.state()).isEqualTo(IceState.DISCONNECTED);
    }

    @Test
    void aGatewayKeepsTryingForTenMinutes() {
        var agent = controlled(IceTimeouts.gatewayDefaults());
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);

        var sentMs = runUntilDead(agent);

        assertThat(sentMs).startsWith(0L, 250L, 750L, 1750L, 3750L, 7750L, 15750L, 30750L);
        assertThat(sentMs.getLast()).isBetween(580_000L, 620_000L);
    }

    @Test
    void anAnsweredPairSlowsDownTheSameWayAndDiesEighteenSecondsAfterTheLastAnswer() {
        var agent = controlled(IceTimeouts.clientDefaults());
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);
        var sentMs = new ArrayList<Long>();
        long nowNs = 0;
        while (nowNs < ms(30_000)) {
            for (var check : drain(agent)) {
                sentMs.add(nowNs / ms(1));
                agent.handleMessage(
                        answer(decode(check.payload()), LOCAL, CLIENT_KEY), LOCAL, REMOTE, nowNs);
            }
            nowNs = agent.pollTimeout();
            agent.handleTimeout(nowNs);
        }
        long lastAnsweredMs = sentMs.getLast();

        assertThat(sentMs).startsWith(0L, 250L, 750L, 1750L, 3250L, 4750L, 6250L);
        drain(agent);
        while (agent.pollTimeout() != IceAgent.NEVER) {
            nowNs = agent.pollTimeout();
            agent.handleTimeout(nowNs);
        }
        assertThat(nowNs / ms(1) - lastAnsweredMs).isEqualTo(18_000);
    }

    @Test
    void anIdlePairIsCheckedEvery25SecondsAndDropped100SecondsAfterTheFirstSilence() {
        var agent = controlled(IceTimeouts.clientDefaults());
        agent.setIdle(true, 0);
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);

        assertThat(runUntilDead(agent)).containsExactly(0L, 25_000L, 50_000L, 75_000L, 100_000L);
    }

    @Test
    void leavingIdleModeChecksAtOnce() {
        var agent = controlled(IceTimeouts.clientDefaults());
        agent.setIdle(true, 0);
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);
        drain(agent);

        agent.setIdle(false, ms(9_000));

        assertThat(drain(agent)).hasSize(1);
    }

    /// The times of all sends, and last the time at which the pair was gone.
    private static List<Long> runUntilDead(IceAgent agent) {
        var times = new ArrayList<Long>();
        long nowNs = 0;
        while (true) {
            for (int i = drain(agent).size(); i > 0; i--) {
                times.add(nowNs / ms(1));
            }
            if (agent.pollTimeout() == IceAgent.NEVER) {
                times.add(nowNs / ms(1));
                return times;
            }
            nowNs = agent.pollTimeout();
            agent.handleTimeout(nowNs);
        }
    }

    @Test
    void theControllingSideNominatesTheBestSucceededPairAtOnceAndABetterOneLater() {
        var agent = client();
        var relayed = Endpoint.parse("198.51.100.7:60123");
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.relayed(relayed, LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);
        var checks = drain(agent);
        assertThat(checks).extracting(IceTransmit::remote).containsExactly(relayed, REMOTE);
        var toRelay = decode(checks.get(0).payload());
        var direct = decode(checks.get(1).payload());

        agent.handleMessage(answer(toRelay, LOCAL, GATEWAY_KEY), LOCAL, relayed, ms(10));

        assertThat(agent.nominated().orElseThrow().remote()).isEqualTo(relayed);
        var nomination = drain(agent);
        assertThat(nomination).extracting(IceTransmit::remote).containsExactly(relayed);
        assertThat(decode(nomination.getFirst().payload()).useCandidate()).isTrue();

        agent.handleMessage(answer(direct, LOCAL, GATEWAY_KEY), LOCAL, REMOTE, ms(20));

        assertThat(agent.nominated().orElseThrow().remote()).isEqualTo(REMOTE);
        agent.handleTimeout(ms(1000));
        assertThat(drain(agent))
                .allSatisfy(t -> assertThat(decode(t.payload()).useCandidate()).isTrue());
    }

    @Test
    void aRoleConflictIsAnsweredWith487AndChangesNothing() {
        var agent = client();
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        var request =
                new StunWriter(
                                MessageClass.REQUEST,
                                StunMethods.BINDING,
                                new TransactionId(1, 1, 1))
                        .username("cl7x:gw9q")
                        .iceControlling(1)
                        .priority(1)
                        .buildSignedWithFingerprint(CLIENT_KEY);

        agent.handleMessage(decode(request), LOCAL, REMOTE, 0);

        var sent = drain(agent);
        assertThat(sent).hasSize(1);
        assertThat(decode(sent.getFirst().payload()).errorCode()).hasValue(487);
        assertThat(agent.hasRemoteCandidates()).isFalse();
    }

    /// What a client does whose direct path is cut: it goes on with the relay alone.
    @Test
    void aNominatedPairThatTheClientLeavesIsLeftAfterEightSecondsAndTakenAgain() {
        var worse = Endpoint.parse("198.51.100.7:60123");
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);
        agent.addRemoteCandidate(Candidate.relayed(worse, LOCAL), 0);
        agent.handleMessage(requestOfClient(true, 1), LOCAL, REMOTE, 0);
        int id = 2;
        for (long nowMs = 500; nowMs <= 8_000; nowMs += 1_500) {
            agent.handleMessage(requestOfClient(true, id++), LOCAL, worse, ms(nowMs));
        }
        assertThat(agent.nominated().orElseThrow().remote()).isEqualTo(REMOTE);

        agent.handleMessage(requestOfClient(true, id++), LOCAL, worse, ms(8_001));
        assertThat(agent.nominated().orElseThrow().remote()).isEqualTo(worse);

        agent.handleMessage(requestOfClient(true, id), LOCAL, REMOTE, ms(9_000));
        assertThat(agent.nominated().orElseThrow().remote()).isEqualTo(REMOTE);
    }

    @Test
    void anIdleClientIsNotTakenForOneThatHasLeft() {
        var worse = Endpoint.parse("198.51.100.7:60123");
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.relayed(worse, LOCAL), 0);
        agent.handleMessage(requestOfClient(true, 1), LOCAL, REMOTE, 0);
        agent.handleMessage(requestOfClient(true, 2), LOCAL, worse, 0);
        agent.setIdle(true, ms(1));

        agent.handleMessage(requestOfClient(true, 3), LOCAL, worse, ms(24_000));
        assertThat(agent.nominated().orElseThrow().remote()).isEqualTo(REMOTE);

        agent.setIdle(false, ms(24_001));
        agent.handleMessage(requestOfClient(true, 4), LOCAL, worse, ms(24_002));
        assertThat(agent.nominated().orElseThrow().remote()).isEqualTo(REMOTE);
    }

    /// A translator in between was restarted: the client comes from another port, and its
    /// candidates, all peer-reflexive, have one priority.
    @Test
    void ofPairsOfOnePriorityTheOneNominatedLastIsUsed() {
        var moved = Endpoint.parse("192.0.2.20:31337");
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.handleMessage(requestOfClient(true, 1), LOCAL, REMOTE, 0);

        agent.handleMessage(requestOfClient(false, 2), LOCAL, moved, ms(1_000));
        assertThat(agent.nominated().orElseThrow().remote()).isEqualTo(REMOTE);
        agent.handleMessage(requestOfClient(true, 3), LOCAL, moved, ms(1_001));
        assertThat(agent.nominated().orElseThrow().remote()).isEqualTo(moved);
    }

    @Test
    void aSignalledCandidateTakesThePlaceOfAPeerReflexiveOne() {
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.handleMessage(requestOfClient(true, 1), LOCAL, REMOTE, 0);
        drain(agent);
        events(agent);

        agent.addRemoteCandidate(Candidate.host(REMOTE), ms(1));

        assertThat(drain(agent)).isEmpty();
        assertThat(events(agent)).isEmpty();
        assertThat(agent.nominated().orElseThrow().remoteKind()).isEqualTo(Candidate.Kind.HOST);
    }

    @Test
    void aSignalledCandidateThatWasSeenBeforeIsPairedWithAllAddressesOfOurs() {
        var relayed = Endpoint.parse("203.0.113.3:50000");
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addLocalCandidate(Candidate.relayed(relayed, LOCAL), 0);
        agent.handleMessage(requestOfClient(true, 1), LOCAL, REMOTE, 0);
        assertThat(drain(agent)).extracting(IceTransmit::local).containsOnly(LOCAL);

        agent.addRemoteCandidate(Candidate.host(REMOTE), ms(1));

        assertThat(drain(agent))
                .singleElement()
                .returns(relayed, IceTransmit::local)
                .returns(REMOTE, IceTransmit::remote);
        assertThat(agent.nominated().orElseThrow().local()).isEqualTo(LOCAL);
    }

    @Test
    void requestsFromAnInvalidatedCandidateAreIgnoredUntilItIsSignalledAgain() {
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);
        agent.removeRemoteCandidate(Candidate.host(REMOTE), 0);
        drain(agent);

        agent.handleMessage(requestOfClient(true, 1), LOCAL, REMOTE, 0);
        assertThat(drain(agent)).isEmpty();
        assertThat(agent.state()).isEqualTo(IceState.DISCONNECTED);

        agent.addRemoteCandidate(Candidate.host(REMOTE), 0);
        assertThat(drain(agent)).hasSize(1);
        assertThat(agent.state()).isEqualTo(IceState.CHECKING);
    }

    @Test
    void requestsToAnAddressThatIsNotOursAreIgnored() {
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);

        agent.handleMessage(requestOfClient(true, 1), REMOTE, REMOTE, 0);

        assertThat(drain(agent)).isEmpty();
    }

    @Test
    void optimisticCandidatesJoinReflexiveAddressesWithHostPortsTwoPerCall() {
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.addRemoteCandidate(Candidate.host(Endpoint.parse("10.0.0.1:52625")), 0);
        agent.addRemoteCandidate(Candidate.host(Endpoint.parse("10.0.0.1:4000")), 0);
        agent.addRemoteCandidate(Candidate.host(Endpoint.parse("10.0.0.1:5000")), 0);
        drain(agent);
        var reflexive = Endpoint.parse("203.0.113.77:1024");

        agent.addRemoteCandidate(Candidate.serverReflexive(reflexive, Endpoint.ANY_V4), 0);

        assertThat(drain(agent))
                .extracting(IceTransmit::remote)
                .containsExactlyInAnyOrder(
                        reflexive,
                        Endpoint.parse("203.0.113.77:52625"),
                        Endpoint.parse("203.0.113.77:4000"));
    }

    @Test
    void candidatesOfAnotherAgentOrWithUnusableAddressesAreIgnored() {
        var agent = gateway(new SplittableRandom(1));
        agent.addRemoteCandidate(Candidate.host(REMOTE).withUfrag("other"), 0);
        agent.addRemoteCandidate(Candidate.host(Endpoint.parse("169.254.1.1:1")), 0);
        agent.addRemoteCandidate(Candidate.host(Endpoint.parse("255.255.255.255:1")), 0);
        agent.addRemoteCandidate(Candidate.host(Endpoint.parse("[ff02::1]:1")), 0);
        agent.addRemoteCandidate(Candidate.host(Endpoint.parse("0.0.0.0:1")), 0);

        assertThat(agent.hasRemoteCandidates()).isFalse();
        assertThat(agent.addLocalCandidate(Candidate.serverReflexive(LOCAL, v6()), 0)).isEmpty();
        assertThat(agent.addLocalCandidate(Candidate.host(Endpoint.parse("127.0.0.1:1")), 0))
                .isPresent();
    }

    private static Endpoint v6() {
        return Endpoint.parse("[2001:db8::1]:1");
    }

    @Test
    void keepsAtMostAHundredPairsAndTheNominatedOneAmongThem() {
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.relayed(LOCAL, LOCAL), 0);
        agent.handleMessage(requestOfClient(true, 1), LOCAL, REMOTE, 0);
        agent.addLocalCandidate(Candidate.host(Endpoint.parse("192.0.2.11:52625")), 0);
        agent.addLocalCandidate(Candidate.host(Endpoint.parse("192.0.2.12:52625")), 0);
        for (int port = 1; port <= 120; port++) {
            agent.addRemoteCandidate(Candidate.host(new Endpoint(REMOTE.address(), port)), 0);
        }
        drain(agent);

        agent.setIdle(true, 0);
        agent.handleTimeout(ms(25_000));

        assertThat(drain(agent)).hasSize(100).anyMatch(t -> t.remote().equals(REMOTE));
    }

    @Test
    void aRestoredAgentAnswersChecksAndKeepsThePath() {
        var agent = gateway(new SplittableRandom(1));
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        agent.handleMessage(requestOfClient(true, 1), LOCAL, REMOTE, 0);

        var restored =
                IceAgent.restore(
                        agent.snapshot(),
                        IceTimeouts.gatewayDefaults(),
                        new SplittableRandom(3),
                        ms(1));

        assertThat(restored.nominated()).isEqualTo(agent.nominated());
        assertThat(restored.state()).isEqualTo(agent.state());
        drain(restored);
        var request = requestOfClient(true, 2);
        assertThat(restored.accepts(request)).isTrue();
        restored.handleMessage(request, LOCAL, REMOTE, ms(2));
        assertThat(decode(drain(restored).getFirst().payload()).messageClass())
                .isEqualTo(MessageClass.SUCCESS);
    }

    @Test
    void randomMessagesNeverThrow() {
        var random = new SplittableRandom(11);
        var agent = gateway(random.split());
        agent.addLocalCandidate(Candidate.host(LOCAL), 0);
        var classes = MessageClass.values();
        for (int i = 0; i < 3000; i++) {
            var writer =
                    new StunWriter(
                            classes[random.nextInt(classes.length)],
                            random.nextInt(3),
                            TransactionId.random(random));
            for (int attributes = random.nextInt(5); attributes > 0; attributes--) {
                switch (random.nextInt(6)) {
                    case 0 -> writer.username("gw9q:cl7x");
                    case 1 -> writer.priority(Integer.toUnsignedLong(random.nextInt()));
                    case 2 -> writer.useCandidate();
                    case 3 -> writer.iceControlled(random.nextLong());
                    case 4 -> writer.xorMappedAddress(v6());
                    default -> writer.errorCode(487, "x");
                }
            }
            var bytes = writer.buildSigned(random.nextBoolean() ? GATEWAY_KEY : CLIENT_KEY);
            var remote = new Endpoint(REMOTE.address(), random.nextInt(65536));
            var message = decode(bytes);
            if (agent.accepts(message)) {
                agent.handleMessage(message, LOCAL, remote, ms(i));
            }
            drain(agent);
            events(agent);
        }
        assertThat(agent.hasRemoteCandidates()).isTrue();
    }

    /// Gives the tie breaker and the transaction id of the specified request.
    private static final class VectorRandom implements RandomGenerator {
        private int next;

        @Override
        public long nextLong() {
            return 0x1122334455667788L;
        }

        @Override
        public int nextInt() {
            int[] words = {0x01020304, 0x05060708, 0x090a0b0c};
            return words[next++ % words.length];
        }
    }
}
