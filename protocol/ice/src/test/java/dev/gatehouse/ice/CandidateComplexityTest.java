package dev.gatehouse.ice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What the candidates of a peer cost us: counted in bytes allocated, not in time.
class CandidateComplexityTest {
    private static final int ENTRIES = 16;
    private static final int TIMES = 8;
    private static final int COST_RATIO_MAX = 10;
    private static final int BYTES_OF_A_LOOKUP = 256;

    private final IceAgent agent =
            new IceAgent(
                    Role.CONTROLLED,
                    IceAgentTest.GATEWAY,
                    IceAgentTest.CLIENT,
                    IceTimeouts.gatewayDefaults(),
                    new SplittableRandom(1),
                    0);
    private int transaction;

    @Test
    void aKnownCandidateCostsALookUp() {
        addLocals(4);
        for (int i = 0; i < 64; i++) {
            agent.addRemoteCandidate(host(i), 0);
            agent.addRemoteCandidate(reflexive(i), 0);
        }
        drain();
        var known = host(0);
        long cost =
                allocated(
                        10_000,
                        _ -> {
                            agent.addRemoteCandidate(known, 1);
                            drain();
                        });

        assertThat(cost / 10_000).isLessThan(BYTES_OF_A_LOOKUP);
    }

    @Test
    void oneThatWasCrowdedOutCostsALookUpOnceThePeerHasSpentItsShare() {
        addLocals(8);
        var candidates = IntStream.range(0, 128).mapToObj(i -> host(i)).toList();
        IntConsumer signal = i -> agent.addRemoteCandidate(candidates.get(i % 128), 0);
        IntStream.range(0, 10_000).forEach(signal);
        drain();

        assertThat(allocated(10_000, signal) / 10_000).isLessThan(BYTES_OF_A_LOOKUP);
        assertThat(agent.takeRefused()).isPositive();
    }

    @Test
    void newCandidatesCostTheSameEach() {
        addLocals(4);
        long few = allocated(ENTRIES, i -> agent.addRemoteCandidate(host(i), 0));
        long many =
                allocated(
                        ENTRIES * TIMES,
                        i -> agent.addRemoteCandidate(host(ENTRIES + i), seconds(60)));

        assertThat(many).isLessThanOrEqualTo(COST_RATIO_MAX * few);
    }

    @Test
    void endlessNewOnesAreRefusedAndCounted() {
        addLocals(4);
        int sent = 0;
        for (int i = 0; i < 10_000; i++) {
            agent.addRemoteCandidate(host(i), 0);
            sent += drain();
        }

        assertThat(agent.takeRefused()).isEqualTo(10_000 - IceAgent.CANDIDATES_BURST);
        assertThat(agent.takeRefused()).isZero();
        assertThat(sent).isLessThanOrEqualTo(4 * IceAgent.CANDIDATES_BURST);

        agent.addRemoteCandidate(host(20_000), seconds(1));
        assertThat(agent.takeRefused()).isZero();
    }

    @Test
    void endlessSourcesOfRequestsAreRefusedAndCounted() {
        agent.addLocalCandidate(Candidate.host(IceAgentTest.LOCAL), 0);
        int sent = 0;
        for (int i = 0; i < 10_000; i++) {
            agent.handleMessage(request(), IceAgentTest.LOCAL, host(i).address(), 0);
            sent += drain();
        }

        assertThat(agent.takeRefused()).isEqualTo(10_000 - IceAgent.CANDIDATES_BURST);
        assertThat(sent).isLessThanOrEqualTo(4 * IceAgent.CANDIDATES_BURST);
    }

    @Test
    void aPeerWithASpentShareKeepsItsPath() {
        agent.addLocalCandidate(Candidate.host(IceAgentTest.LOCAL), 0);
        agent.handleMessage(request(), IceAgentTest.LOCAL, IceAgentTest.REMOTE, 0);
        for (int i = 0; i < 10_000; i++) {
            agent.addRemoteCandidate(host(i), 0);
        }
        drain();

        agent.handleMessage(request(), IceAgentTest.LOCAL, IceAgentTest.REMOTE, 0);

        assertThat(agent.pollTransmit()).returns(IceAgentTest.REMOTE, IceTransmit::remote);
    }

    @Test
    void withdrawingAndNamingAgainIsPaidFor() {
        addLocals(8);
        for (int i = 0; i < 100; i++) {
            // all with the base of a socket of ours: none of our business
            agent.addRemoteCandidate(
                    Candidate.serverReflexive(host(i).address(), IceAgentTest.LOCAL), 0);
        }
        drain();
        var candidate = Candidate.serverReflexive(host(1).address(), IceAgentTest.LOCAL);
        IntConsumer cycle =
                _ -> {
                    agent.removeRemoteCandidate(candidate, seconds(60));
                    agent.addRemoteCandidate(candidate, seconds(60));
                    drain();
                };
        long few = allocated(ENTRIES, cycle);
        long many = allocated(ENTRIES * TIMES, cycle);
        assertThat(many).isLessThanOrEqualTo(COST_RATIO_MAX * few);

        IntStream.range(0, 1000).forEach(cycle);
        assertThat(allocated(10_000, cycle) / 10_000).isLessThan(BYTES_OF_A_LOOKUP);
    }

    @Test
    void reflexiveAddressesTimesPortsAreNotSearchedInFull() {
        agent.addLocalCandidate(Candidate.host(IceAgentTest.LOCAL), 0);
        for (int i = 0; i < 60; i++) { // one address, one port: 3,600 ways to say one thing
            var base = new Endpoint(IceAgentTest.LOCAL.address(), 2000 + i);
            agent.addRemoteCandidate(Candidate.serverReflexive(IceAgentTest.REMOTE, base), 0);
            var host = new Endpoint(host(i).address().address(), IceAgentTest.REMOTE.port());
            agent.addRemoteCandidate(Candidate.host(host), 0);
        }
        drain();

        assertThat(agent.remoteCandidates().optimistic()).isEmpty();
        long cost = allocated(1_000, _ -> agent.remoteCandidates().optimistic());
        assertThat(cost / 1_000).isLessThan(8 * 1024);
    }

    private static long allocated(int count, IntConsumer step) {
        return AllocatedBytes.of(count, step);
    }

    private void addLocals(int count) {
        for (int i = 0; i < count; i++) {
            agent.addLocalCandidate(
                    Candidate.host(new Endpoint(IceAgentTest.LOCAL.address(), 1000 + i)), 0);
        }
    }

    private static Candidate host(int i) {
        return Candidate.host(new Endpoint(IpAddress.v4(0x0A000001 + i), 52625));
    }

    private static Candidate reflexive(int i) {
        var address = new Endpoint(IpAddress.v4(0xCB007101 + i), 3000 + i);
        return Candidate.serverReflexive(address, Endpoint.ANY_V4);
    }

    private StunMessage request() {
        byte[] bytes =
                new StunWriter(
                                MessageClass.REQUEST,
                                StunMethods.BINDING,
                                new TransactionId(1, 1, transaction++))
                        .username("gw9q:cl7x")
                        .iceControlling(5)
                        .useCandidate()
                        .priority(1862270719)
                        .buildSignedWithFingerprint(IceAgentTest.GATEWAY_KEY);
        return (StunMessage) StunMessage.decode(ByteBuffer.wrap(bytes), 0, bytes.length);
    }

    private int drain() {
        int sent = 0;
        while (agent.pollTransmit() != null) {
            sent++;
        }
        while (agent.pollEvent() != null) {}
        return sent;
    }

    private static long seconds(int seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }
}
