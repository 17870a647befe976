package dev.gatehouse.client.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.DnsAnswers;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.wire.Endpoint;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Real sockets on the loopback address.
class HostDnsTest {
    private static final short ORIGINAL_ID = 0x1234;
    private static final int QUERY_LENGTH = 40;
    private static final int FLAGS_OFFSET = 2;
    private static final int QUESTIONS_OFFSET = 4;
    private static final int HEADER_LENGTH = 12;
    private static final int LABEL_OFFSET = HEADER_LENGTH + 1;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int WAIT_MS = 5_000;

    private final List<String> ends = new ArrayList<>();
    private final DnsAnswers answers =
            new DnsAnswers() {
                @Override
                public void handleDnsResponse(long ticket, DnsPayload answer, long nowNs) {
                    short id = ByteBuffer.wrap(answer.bytes()).getShort(0);
                    ends.add("%d answered, id %x".formatted(ticket, id));
                }

                @Override
                public void handleDnsFailure(long ticket) {
                    ends.add(ticket + " failed");
                }

                @Override
                public void handleDnsTimeout(long ticket) {
                    ends.add(ticket + " silent");
                }
            };
    private DatagramSocket server;
    private Endpoint address;
    private Poller poller;
    private HostDns dns;

    @BeforeEach
    void open() throws IOException {
        server = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
        server.setSoTimeout(WAIT_MS);
        address = Endpoint.parse("127.0.0.1:" + server.getLocalPort());
        poller = new Poller();
        dns = new HostDns(poller, new SplittableRandom(1), answers);
    }

    @AfterEach
    void close() throws IOException {
        dns.close();
        poller.close();
        server.close();
    }

    @Test
    void eachQueryComesFromAPortOfItsOwnThatEndsWithTheAnswer() throws IOException {
        ask(1);
        ask(2);
        var first = receive();
        var second = receive();

        assertThat(first.getPort()).isNotEqualTo(second.getPort());
        assertThat(dns.openPorts()).isEqualTo(2);

        answer(second, second.getPort());
        await(1);
        answer(first, first.getPort());
        await(2);

        assertThat(ends).containsExactly("2 answered, id 1234", "1 answered, id 1234");
        assertThat(dns.openPorts()).isZero();
        assertThat(dns.pollTimeout()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void answerOnThePortOfAnotherQueryIsNone() throws IOException {
        ask(1);
        ask(2);
        var first = receive();
        var second = receive();

        answer(first, second.getPort());
        answer(second, second.getPort());
        await(1);

        assertThat(ends).containsExactly("2 answered, id 1234");
        assertThat(dns.openPorts()).isEqualTo(1);
    }

    /// RFC 5452: whoever guesses port and id has not guessed the question.
    @Test
    void answerToAnotherQuestionIsDroppedAndCountedAndTheTrueOneStillHeard() throws IOException {
        ask(1);
        var query = receive();
        query.getData()[LABEL_OFFSET] = 'b';
        answer(query, query.getPort());
        query.getData()[LABEL_OFFSET] = 'A';
        answer(query, query.getPort());
        await(1);

        assertThat(ends).containsExactly("1 answered, id 1234");
        assertThat(dns.mismatched()).isEqualTo(1);
    }

    @Test
    void silentServerIsGivenUp() throws IOException {
        ask(1);

        dns.handleTimeout(5 * SECOND_NS - 1);
        assertThat(ends).isEmpty();
        dns.handleTimeout(dns.pollTimeout());

        assertThat(ends).containsExactly("1 silent");
        assertThat(dns.openPorts()).isZero();
    }

    @Test
    void queriesBeyondTheLimitShareThePortsThereAre() throws IOException {
        int queries = DnsPorts.OPEN_MAX + 20;
        for (int i = 0; i < queries; i++) {
            ask(i);
        }

        assertThat(dns.openPorts()).isEqualTo(DnsPorts.OPEN_MAX);
        assertThat(dns.sharedPorts()).isEqualTo(20);
        var asked = new ArrayList<DatagramPacket>();
        for (int i = 0; i < queries; i++) {
            asked.add(receive());
        }
        assertThat(asked.stream().map(DatagramPacket::getPort).collect(Collectors.toSet()))
                .hasSize(DnsPorts.OPEN_MAX);
        for (var query : asked) {
            answer(query, query.getPort());
        }
        await(queries);
        assertThat(dns.openPorts()).isZero();
    }

    @Test
    void queryThatNoSocketCanSendFails() throws IOException {
        dns.ask(1, address, new DnsPayload(new byte[1501]), 0);
        dns.ask(2, Endpoint.parse("127.0.0.1:0"), query(), 0);

        assertThat(ends).containsExactly("1 failed", "2 failed");
        assertThat(dns.openPorts()).isZero();
    }

    private void ask(long ticket) throws IOException {
        dns.ask(ticket, address, query(), 0);
    }

    /// Of a name that is one long label.
    private static DnsPayload query() {
        var query = ByteBuffer.allocate(QUERY_LENGTH).putShort(ORIGINAL_ID);
        int labelLength = QUERY_LENGTH - HEADER_LENGTH - 1 - 1 - 4;
        query.putShort(QUESTIONS_OFFSET, (short) 1).put(HEADER_LENGTH, (byte) labelLength);
        for (int i = 0; i < labelLength; i++) {
            query.put(LABEL_OFFSET + i, (byte) 'a');
        }
        return new DnsPayload(query.putInt(QUERY_LENGTH - 4, 0x00010001).array());
    }

    private DatagramPacket receive() throws IOException {
        var packet = new DatagramPacket(new byte[QUERY_LENGTH], QUERY_LENGTH);
        server.receive(packet);
        return packet;
    }

    /// Echoes a query as a response, which is answer enough.
    private void answer(DatagramPacket query, int port) throws IOException {
        var bytes = query.getData();
        bytes[FLAGS_OFFSET] |= (byte) 0x80;
        server.send(new DatagramPacket(bytes, bytes.length, query.getAddress(), port));
    }

    private void await(int ended) throws IOException {
        long untilNs = System.nanoTime() + WAIT_MS * 1_000_000L;
        while (ends.size() < ended && System.nanoTime() < untilNs) {
            poller.poll(SECOND_NS);
            dns.receive(0);
        }
        assertThat(ends).hasSizeGreaterThanOrEqualTo(ended);
    }
}
