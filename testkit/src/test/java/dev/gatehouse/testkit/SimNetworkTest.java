package dev.gatehouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SimNetworkTest {
    private static final long DELAY_NS = 1_000;
    private static final Endpoint INSIDE = Endpoint.parse("192.168.1.2:52625");
    private static final Endpoint SERVER = Endpoint.parse("198.51.100.1:3478");
    private static final Endpoint OTHER = Endpoint.parse("198.51.100.2:3478");
    private static final IpAddress PUBLIC = IpAddress.parse("203.0.113.9");

    private final SimNetwork network = new SimNetwork(SimNetwork.Link.steady(DELAY_NS));

    SimNetworkTest() {
        network.addHost("server", SERVER.address());
        network.addHost("other", OTHER.address());
    }

    @Test
    void datagramArrivesAfterItsDelay() {
        network.send(SERVER, OTHER, new byte[] {7}, 0);

        assertThat(network.pollArrival(DELAY_NS - 1)).isNull();
        assertThat(network.pollTimeout()).isEqualTo(DELAY_NS);
        var arrived = network.pollArrival(DELAY_NS);
        assertThat(arrived.host()).isEqualTo("other");
        assertThat(arrived.remote()).isEqualTo(SERVER);
        assertThat(arrived.payload()).containsExactly(7);
        assertThat(network.pollTimeout()).isEqualTo(SimNetwork.NEVER);
    }

    @ParameterizedTest
    @EnumSource(Nat.Kind.class)
    void answersComeBackThroughEveryNat(Nat.Kind kind) {
        var mapped = mapped(kind, SERVER);

        network.send(SERVER, mapped, new byte[1], DELAY_NS);

        assertThat(network.pollArrival(2 * DELAY_NS).local()).isEqualTo(INSIDE);
    }

    @ParameterizedTest
    @CsvSource({"FULL_CONE, true", "PORT_RESTRICTED, false", "SYMMETRIC, false"})
    void strangersComeThroughAFullConeOnly(Nat.Kind kind, boolean through) {
        var mapped = mapped(kind, SERVER);

        network.send(OTHER, mapped, new byte[1], DELAY_NS);

        assertThat(network.pollArrival(2 * DELAY_NS) != null).isEqualTo(through);
        assertThat(network.lost()).isEqualTo(through ? 0 : 1);
    }

    @ParameterizedTest
    @CsvSource({"FULL_CONE, true", "PORT_RESTRICTED, true", "SYMMETRIC, false"})
    void onlyASymmetricNatMapsByDestination(Nat.Kind kind, boolean same) {
        var first = mapped(kind, SERVER);

        network.send(INSIDE, OTHER, new byte[1], DELAY_NS);

        var second = network.pollArrival(2 * DELAY_NS).remote();
        assertThat(second.equals(first)).isEqualTo(same);
    }

    @Test
    void privateAddressIsUnreachableFromOutside() {
        mapped(Nat.Kind.FULL_CONE, SERVER);

        network.send(SERVER, INSIDE, new byte[1], 0);

        assertThat(network.pollArrival(DELAY_NS)).isNull();
    }

    @Test
    void roughLinkLosesAboutWhatItWasToldAndReplaysFromItsSeed() {
        assertThat(roughRun(5)).isEqualTo(roughRun(5)).isBetween(700, 800);
    }

    @Test
    void exhaustedChoicesAreZero() {
        var gen = new Gen(new byte[] {5});

        assertThat(gen.below(10)).isEqualTo(5);
        assertThat(gen.isExhausted()).isTrue();
        assertThat(gen.below(10)).isZero();
        assertThat(gen.chance(100)).isFalse();
        assertThat(gen.oneOf("a", "b")).isEqualTo("a");
    }

    private Endpoint mapped(Nat.Kind kind, Endpoint towards) {
        var nat = new Nat(kind, PUBLIC, new SplittableRandom(1));
        network.addHostBehind(nat, "inside", INSIDE.address());
        network.send(INSIDE, towards, new byte[1], 0);
        return network.pollArrival(DELAY_NS).remote();
    }

    private static int roughRun(long seed) {
        var rough = SimNetwork.Link.rough(new SplittableRandom(seed), 25, 1, 100);
        var network = new SimNetwork(rough);
        network.addHost("server", SERVER.address());
        network.addHost("other", OTHER.address());
        for (int i = 0; i < 1_000; i++) {
            network.send(SERVER, OTHER, new byte[1], 0);
        }
        int arrived = 0;
        while (network.pollArrival(100) != null) {
            arrived++;
        }
        return arrived;
    }
}
