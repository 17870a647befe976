package dev.gatehouse.ice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wire.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CandidateTest {
    static final Endpoint V4 = Endpoint.parse("10.20.0.5:52625");
    static final Endpoint V6 = Endpoint.parse("[2001:db8::5]:52625");

    @Test
    void prioritiesAreThoseOfTheTable() {
        assertThat(Candidate.host(V4).priority()).isEqualTo(2130706175);
        assertThat(Candidate.host(V6).priority()).isEqualTo(2130706431);
        assertThat(Candidate.host(V4).after(1).priority()).isEqualTo(2130705663);
        assertThat(Candidate.serverReflexive(V4, V4).priority()).isEqualTo(1686109951);
        assertThat(Candidate.relayed(V4, V4).priority()).isEqualTo(37748479);
        assertThat(Candidate.relayed(V6, V6).priority()).isEqualTo(37748735);
        assertThat(Candidate.relayed(V6, V4).priority()).isEqualTo(37492735);
        assertThat(Candidate.relayed(V4, V6).priority()).isEqualTo(37492479);
    }

    @Test
    void aCheckAnnouncesThePriorityOfAPeerReflexiveCandidate() {
        assertThat(Candidate.host(V4).checkPriority()).isEqualTo(1862270719);
        assertThat(Candidate.relayed(V4, V4).checkPriority()).isEqualTo(1849687807);
    }

    @Test
    void pairPriorityIsTheSameAtBothEnds() {
        var host = Candidate.host(V4);
        var relay = Candidate.relayed(V4, V4);

        long client = CandidatePair.priority(Role.CONTROLLING, host, relay);
        long gateway = CandidatePair.priority(Role.CONTROLLED, relay, host);

        assertThat(client).isEqualTo(gateway).isEqualTo((37748479L << 32) + 2L * 2130706175 + 1);
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void recordedCandidatesAreReadAndWrittenBackAsTheyWere(String text) {
        var candidate = Candidate.parse(text).orElseThrow();

        var ufrag = candidate.ufrag().orElse("absent");
        assertThat(candidate.toSdp(ufrag))
                .isEqualTo(candidate.ufrag().isPresent() ? text : text + " ufrag absent");
        assertThat(Candidate.of(candidate.kind(), candidate.address(), V4, candidate.priority()))
                .satisfies(c -> assertThat(c.foundation()).startsWith(text.substring(10, 18)));
    }

    static List<String> recorded() throws IOException {
        try (InputStream in =
                CandidateTest.class.getResourceAsStream("/vectors/recorded/candidates.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
        }
    }

    @Test
    void writesExactlyThePositionalForm() {
        assertThat(Candidate.serverReflexive(V6, V6).toSdp("gw9q"))
                .matches(
                        "candidate:[0-9a-f]{9,24} 1 udp 1686110207 2001:db8::5 52625"
                                + " typ srflx raddr :: rport 0 ufrag gw9q");
        assertThat(Candidate.host(V4).toSdp("gw9q"))
                .matches(
                        "candidate:fffeff7e[0-9a-f]+ 1 udp 2130706175 10.20.0.5 52625"
                                + " typ host ufrag gw9q");
    }

    @Test
    void foundationsDependOnKindAndAddressButNotOnThePort() {
        var one = Candidate.relayed(Endpoint.parse("198.51.100.7:60123"), V4);
        var other = Candidate.relayed(Endpoint.parse("198.51.100.7:60124"), V4);

        assertThat(one.foundation()).isEqualTo(other.foundation());
        assertThat(Candidate.host(V4).foundation())
                .isNotEqualTo(Candidate.serverReflexive(V4, V4).foundation());
    }

    @ParameterizedTest
    @CsvSource({
        "candidate:1 1 udp 5 192.0.2.1 80 typ host tcptype passive ufrag abcd network-cost 10",
        "candidate:1 1 UDP 5 192.0.2.1 80 typ host network-id 3 ufrag abcd generation 0",
        "candidate:1 1 udp 5 192.0.2.1 80 typ srflx ufrag abcd rport 0 raddr 0.0.0.0 future x",
    })
    void readingIsLiberalBehindTheKind(String text) {
        assertThat(Candidate.parse(text).orElseThrow().ufrag()).contains("abcd");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "candidate:",
                "candidate:1 2 udp 5 192.0.2.1 80 typ host",
                "candidate:1 1 tcp 5 192.0.2.1 80 typ host",
                "candidate:1 1 udp -5 192.0.2.1 80 typ host",
                "candidate:1 1 udp 4294967296 192.0.2.1 80 typ host",
                "candidate:1 1 udp 5 192.0.2.300 80 typ host",
                "candidate:1 1 udp 5 fe80::1%eth0 80 typ host",
                "candidate:1 1 udp 5 192.0.2.1 65536 typ host",
                "candidate:1 1 udp 5 192.0.2.1 80 typ weird",
                "candidate:1! 1 udp 5 192.0.2.1 80 typ host",
                "candidate: 1 udp 5 192.0.2.1 80 typ host"
            })
    void whatIsNoCandidateIsEmpty(String text) {
        assertThat(Candidate.parse(text)).isEmpty();
    }

    @Test
    void damagedTextNeverThrows() {
        var random = new SplittableRandom(7);
        var seed = "candidate:fffe3f02c4 1 udp 37748479 198.51.100.7 60123 typ relay raddr :: x";
        for (int i = 0; i < 2000; i++) {
            var text = new StringBuilder(seed);
            text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(32, 127));
            text.setLength(random.nextInt(text.length()));
            assertThat(Candidate.parse(text.toString())).isNotNull();
        }
    }
}
