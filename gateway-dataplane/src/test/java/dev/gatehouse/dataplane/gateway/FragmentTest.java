package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V6;
import static dev.gatehouse.dataplane.gateway.TestGateway.GATEWAY_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.OTHER_RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.cidr;
import static dev.gatehouse.dataplane.gateway.TestGateway.dns;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static dev.gatehouse.dataplane.gateway.TestGateway.tcp;
import static dev.gatehouse.dataplane.gateway.TestGateway.udp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.testkit.Fragments;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.Checksums;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Datagrams in pieces, both ways, whole and hostile.
class FragmentTest {
    private static final int PIECE = 1232; // bytes of payload
    private static final List<String> PROXIES = List.of("100.96.0.1", "fd00:2021:1111:8000::1");
    private static final String REAL_V4 = "10.0.0.3";
    private static final String REAL_V6 = "fd77::3";
    private static final String SERVER_V4 = "10.1.0.9";
    private static final String SERVER_V6 = "fd78::9";

    private final TestGateway gateway =
            new TestGateway()
                    .authorize(dns(RESOURCE, "*.test"))
                    .authorize(cidr(OTHER_RESOURCE, "10.1.0.0/16", udp(53, 53), tcp(80, 80)))
                    .authorize(cidr("v6", "fd78::/32"));

    FragmentTest() {
        gateway.assign("a.test", PROXIES, REAL_V4, REAL_V6);
        gateway.events();
    }

    /// Cut, in any order, among the pieces of others: comes out as the whole one would.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void piecesComeOutAsTheWholeWould(long seed) {
        var random = new Random(seed);
        for (int round = 0; round < 40; round++) {
            boolean v4 = random.nextBoolean();
            byte[] body = new byte[1_300 + random.nextInt(8_000)];
            random.nextBytes(body);
            var to = List.of(PROXIES.get(v4 ? 0 : 1), v4 ? SERVER_V4 : SERVER_V6);
            var wholes = new ArrayList<byte[]>();
            var pieces = new ArrayList<byte[]>();
            for (String address : to) {
                byte[] whole = outbound(ip(address), body, random.nextInt(2));
                wholes.add(whole);
                pieces.addAll(Fragments.cut(whole, round, 8 * (50 + random.nextInt(100))));
            }
            Collections.shuffle(pieces, random);

            var sent = new ArrayList<TestGateway.Sent>();
            for (byte[] piece : pieces) {
                sent.addAll(gateway.fromClient(piece));
            }

            assertThat(joined(sent, v4 ? REAL_V4 : REAL_V6, true))
                    .isEqualTo(translated(wholes.getFirst(), v4));
            assertThat(joined(sent, to.getLast(), true)).isEqualTo(uncut(wholes.getLast()));
            answers(v4, body, round, random);
        }
        assertThat(gateway.state.fragmentedDatagrams()).isZero();
        assertThat(gateway.dropped(DropReason.FRAGMENTS_FULL)).isZero();
    }

    private void answers(boolean v4, byte[] body, int id, Random random) {
        var client = v4 ? CLIENT_V4 : CLIENT_V6;
        var from = new Endpoint(ip(v4 ? REAL_V4 : REAL_V6), 53);
        byte[] whole = Packets.udp(from, new Endpoint(client, 4000), body);
        var pieces = Fragments.cut(whole, id, 8 * (50 + random.nextInt(100)));
        Collections.shuffle(pieces, random);

        var sent = new ArrayList<TestGateway.Sent>();
        for (byte[] piece : pieces) {
            sent.addAll(gateway.fromTun(piece));
        }

        assertThat(sent).allMatch(s -> s.client().equals(CLIENT));
        var proxy = new Endpoint(ip(PROXIES.get(v4 ? 0 : 1)), 53);
        assertThat(joined(sent, proxy.address().toString(), false))
                .isEqualTo(Packets.udp(proxy, new Endpoint(client, 4000), body));
    }

    private static byte[] outbound(IpAddress to, byte[] body, int kind) {
        var client = to.isV4() ? CLIENT_V4 : CLIENT_V6;
        return kind == 0 && !to.isV4() && to.equals(ip(SERVER_V6))
                ? Packets.icmpError(client, to, 128 << 8, 7 << 16, body)
                : Packets.udp(new Endpoint(client, 4000), new Endpoint(to, 53), body);
    }

    private static byte[] translated(byte[] whole, boolean v4) {
        var packet = Packets.view(whole.clone());
        var real = ip(v4 ? REAL_V4 : REAL_V6);
        packet.destination(real.high(), real.low());
        return packet.buffer().array();
    }

    private static byte[] uncut(byte[] whole) {
        return Fragments.join(Fragments.cut(whole, 0, 64));
    }

    private static byte[] joined(List<TestGateway.Sent> sent, String remote, boolean outbound) {
        var pieces = new ArrayList<byte[]>();
        for (var one : sent) {
            byte[] bytes = bytes(one);
            var packet = new IpPacket();
            packet.parse(ByteBuffer.wrap(bytes), 0, bytes.length);
            if (outbound ? packet.isTo(ip(remote)) : packet.isFrom(ip(remote))) {
                pieces.add(bytes);
                assertThat(packet.isV4() ? Checksums.ipv4Header(zeroed(bytes), 0, 20) : 0)
                        .isEqualTo(packet.isV4() ? checksum(bytes) : 0);
            }
        }
        byte[] whole =
                pieces.size() == 1 && !isPiece(pieces.getFirst())
                        ? pieces.getFirst()
                        : Fragments.join(pieces);
        assertThat(Packets.view(whole).isTransportChecksumValid()).isTrue();
        return whole;
    }

    private static boolean isPiece(byte[] bytes) {
        var packet = new IpPacket();
        return packet.parse(ByteBuffer.wrap(bytes), 0, bytes.length) == IpPacket.Verdict.FRAGMENT;
    }

    private static ByteBuffer zeroed(byte[] bytes) {
        return ByteBuffer.wrap(bytes.clone()).putShort(10, (short) 0);
    }

    private static int checksum(byte[] bytes) {
        return Short.toUnsignedInt(ByteBuffer.wrap(bytes).getShort(10));
    }

    private static byte[] bytes(TestGateway.Sent sent) {
        var bytes = new byte[sent.bytes().size()];
        IntStream.range(0, bytes.length).forEach(i -> bytes[i] = sent.bytes().get(i));
        return bytes;
    }

    @Test
    void echoOfAnyLengthIsTranslatedBothWays() {
        byte[] body = new byte[2_000];
        Arrays.fill(body, (byte) 5);
        for (boolean v4 : List.of(true, false)) {
            var client = v4 ? CLIENT_V4 : CLIENT_V6;
            var proxy = ip(PROXIES.get(v4 ? 0 : 1));
            var real = ip(v4 ? REAL_V4 : REAL_V6);
            byte[] request = echo(client, proxy, v4 ? 8 : 128, body);
            byte[] reply = echo(real, client, v4 ? 0 : 129, body);

            var out = gateway.fromClient(cut(request, 1));
            var back = gateway.fromTun(cut(reply, 1));

            assertThat(joined(out, real.toString(), true))
                    .isEqualTo(echo(client, real, v4 ? 8 : 128, body));
            assertThat(joined(back, proxy.toString(), false))
                    .isEqualTo(echo(proxy, client, v4 ? 0 : 129, body));
        }
    }

    private static byte[] echo(IpAddress from, IpAddress to, int type, byte[] body) {
        return Packets.icmpError(from, to, type << 8, 7 << 16, body);
    }

    @Test
    void whatTheFirstPieceIsRefusedIsRefusedAllOthers() {
        var pieces = cut(udpTo(SERVER_V4, 54, 3_000), 1);

        assertThat(gateway.fromClient(pieces[1])).as("waits").isEmpty();
        var sent = gateway.fromClient(pieces[0], pieces[2]);

        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().client()).isEqualTo(CLIENT);
        assertThat(sent.getFirst().packet().icmpCode()).as("prohibited").isEqualTo(13);
        assertThat(gateway.dropped(DropReason.FILTERED)).isEqualTo(1);
        assertThat(gateway.dropped(DropReason.FRAGMENT_REFUSED)).isEqualTo(2);
    }

    @Test
    void aLaterPieceNeedsTheFirstOfTheSameDatagram() {
        var allowed = cut(udpTo(SERVER_V4, 53, 3_000), 1);
        var others =
                List.of(
                        cut(udpTo(SERVER_V4, 53, 3_000), 2)[1], // another identification
                        cut(udpTo("10.1.0.10", 53, 3_000), 1)[1], // another address
                        cut(
                                Packets.tcp(
                                        new Endpoint(CLIENT_V4, 4000),
                                        Endpoint.parse(SERVER_V4 + ":80"),
                                        IpPacket.TCP_ACK,
                                        new byte[3_000]),
                                1)[1]); // another protocol

        assertThat(gateway.fromClient(allowed[0])).hasSize(1);
        for (byte[] other : others) {
            assertThat(gateway.fromClient(other)).isEmpty();
        }
        gateway.after(6);

        assertThat(gateway.dropped(DropReason.FRAGMENT_WITHOUT_FIRST)).isEqualTo(3);
        assertThat(gateway.state.fragmentedDatagrams()).isZero();
        assertThat(gateway.fromClient(allowed[1])).as("its first one is forgotten").isEmpty();
    }

    @Test
    void aPieceFromAnotherSourceDoesNotPass() {
        var own = cut(udpTo(SERVER_V4, 53, 3_000), 1);
        var foreign =
                cut(
                        Packets.udp(
                                Endpoint.parse("100.64.0.77:4000"),
                                Endpoint.parse(SERVER_V4 + ":53"),
                                new byte[3_000]),
                        1);

        assertThat(gateway.fromClient(own[0])).hasSize(1);
        assertThat(gateway.fromClient(foreign[1])).isEmpty();

        assertThat(gateway.dropped(DropReason.SOURCE_NOT_ALLOWED)).isEqualTo(1);
        assertThat(gateway.fromClient(own[1])).hasSize(1);
    }

    /// RFC 1858: the ports must not come in a second piece, nor be covered by one.
    @Test
    void tinyFirstPiecesAndPiecesThatCoverThemDoNotPass() {
        byte[] whole =
                Packets.tcp(
                        new Endpoint(CLIENT_V4, 4000),
                        Endpoint.parse(SERVER_V4 + ":80"),
                        IpPacket.TCP_SYN,
                        new byte[2_000]);

        assertThat(gateway.fromClient(Fragments.piece(whole, 1, 0, 16, true))).isEmpty();
        assertThat(gateway.dropped(DropReason.BAD_FRAGMENT)).isEqualTo(1);

        assertThat(gateway.fromClient(Fragments.piece(whole, 2, 0, 800, true))).hasSize(1);
        assertThat(gateway.fromClient(Fragments.piece(whole, 2, 8, 800, true))).isEmpty();
        assertThat(gateway.fromClient(Fragments.piece(whole, 2, 800, 800, true)))
                .as("nothing more of it")
                .isEmpty();
        assertThat(gateway.dropped(DropReason.FRAGMENT_OVERLAP)).isEqualTo(1);
    }

    @Test
    void piecesOfImpossiblePlacesDoNotPass() {
        byte[] whole = udpTo(SERVER_V4, 53, 3_000);
        byte[] odd = Fragments.piece(whole, 1, 800, 801, true);
        byte[] beyond = Fragments.piece(whole, 1, 0, 1_000, true);
        ByteBuffer.wrap(beyond).putShort(6, (short) (0x1FFF));
        var last = List.of(Fragments.piece(whole, 2, 0, 800, true));

        assertThat(gateway.fromClient(odd)).isEmpty();
        assertThat(gateway.fromClient(beyond)).isEmpty();
        assertThat(gateway.dropped(DropReason.BAD_FRAGMENT)).isEqualTo(2);

        assertThat(gateway.fromClient(last.getFirst())).hasSize(1);
        assertThat(gateway.fromClient(Fragments.piece(whole, 2, 1_600, 80, false))).hasSize(1);
        assertThat(gateway.fromClient(Fragments.piece(whole, 2, 1_680, 80, false)))
                .as("behind the last")
                .isEmpty();
        assertThat(gateway.dropped(DropReason.FRAGMENT_OVERLAP)).isEqualTo(1);
    }

    @Test
    void aRevocationBetweenTwoPiecesCounts() {
        var pieces = cut(udpTo(SERVER_V4, 53, 3_000), 1);
        assertThat(gateway.fromClient(pieces[0])).hasSize(1);

        gateway.state.reject(CLIENT, OTHER_RESOURCE);

        assertThat(gateway.fromClient(pieces[1])).isEmpty();
        assertThat(gateway.dropped(DropReason.FRAGMENT_REFUSED)).isEqualTo(1);
    }

    @Test
    void floodsAreBounded() {
        for (int id = 0; id < 1_000; id++) {
            gateway.fromClient(cut(udpTo(SERVER_V4, 53, 3_000), id)[0]);
        }
        assertThat(gateway.state.fragmentedDatagrams()).isEqualTo(256);
        gateway.after(6);
        for (int id = 0; id < 1_000; id++) {
            gateway.fromClient(cut(udpTo(SERVER_V4, 53, 3_000), id)[1]);
        }
        assertThat(gateway.state.fragmentedDatagrams()).isLessThanOrEqualTo(256);
        gateway.after(6);
        assertThat(gateway.dropped(DropReason.FRAGMENT_WITHOUT_FIRST)).isEqualTo(64);
        assertThat(gateway.state.fragmentedDatagrams()).isZero();

        gateway.fromClient(cut(udpTo(SERVER_V4, 53, 3_000), 1)[1]);
        gateway.state.removeClient(CLIENT);
        assertThat(gateway.state.fragmentedDatagrams()).isZero();
    }

    @Test
    void answersOfTheGatewayItselfComeInPiecesToo() {
        byte[] request =
                Packets.udp(
                        new Endpoint(CLIENT_V4, 4000),
                        new Endpoint(GATEWAY_V4, 53535),
                        new byte[3_000]);
        byte[] reply =
                Packets.udp(
                        new Endpoint(GATEWAY_V4, 53535),
                        new Endpoint(CLIENT_V4, 4000),
                        new byte[3_000]);

        assertThat(gateway.fromClient(cut(request, 1))).hasSize(3);
        assertThat(gateway.fromTun(cut(reply, 1))).hasSize(3);
    }

    @Test
    void whatNobodyAskedForDoesNotComeInPiecesEither() {
        byte[] unasked =
                Packets.udp(
                        Endpoint.parse("10.9.0.1:53"),
                        new Endpoint(CLIENT_V4, 4000),
                        new byte[3_000]);

        assertThat(gateway.fromTun(cut(unasked, 1))).isEmpty();

        assertThat(gateway.dropped(DropReason.INBOUND_NOT_ALLOWED)).isEqualTo(1);
        assertThat(gateway.dropped(DropReason.FRAGMENT_REFUSED)).isEqualTo(2);
    }

    /// An IPv6 router reports the first piece of what it could not send.
    @Test
    void anErrorAboutAPieceFindsItsTranslation() {
        byte[] whole =
                Packets.udp(
                        new Endpoint(CLIENT_V6, 4000),
                        new Endpoint(ip(PROXIES.get(1)), 53),
                        new byte[3_000]);
        byte[] onTheWay = bytes(gateway.fromClient(cut(whole, 9)[0]).getFirst());
        byte[] error =
                Packets.icmpError(
                        ip("fd77::1"), CLIENT_V6, 2 << 8, 1_280, Arrays.copyOf(onTheWay, 600));

        var sent = gateway.fromTun(error);

        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().packet().isFrom(ip(PROXIES.get(1)))).isTrue();
        assertThat(sent.getFirst().packet().icmpType()).isEqualTo(2);
    }

    @Test
    void aPacketAboveTheTunnelsLimitIsAnsweredWithThatLimit() {
        var out = gateway.fromClient(udpTo(SERVER_V4, 53, 1_300));
        var back =
                gateway.fromTun(
                        Packets.udp(
                                new Endpoint(ip(SERVER_V6), 53),
                                new Endpoint(CLIENT_V6, 4000),
                                new byte[1_300]));

        assertThat(out).hasSize(1);
        assertThat(out.getFirst().client()).isEqualTo(CLIENT);
        var v4 = out.getFirst().packet();
        assertThat(v4.icmpType() << 8 | v4.icmpCode()).isEqualTo(3 << 8 | 4);
        assertThat(v4.buffer().getInt(v4.transportOffset() + 4)).isEqualTo(1_280);
        assertThat(back).hasSize(1);
        assertThat(back.getFirst().client()).as("to the TUN device").isEmpty();
        var v6 = back.getFirst().packet();
        assertThat(v6.icmpType()).isEqualTo(2);
        assertThat(v6.buffer().getInt(v6.transportOffset() + 4)).isEqualTo(1_280);
        assertThat(v6.isTo(ip(SERVER_V6))).isTrue();
        assertThat(gateway.dropped(DropReason.TOO_LARGE)).isEqualTo(2);
    }

    /// RFC 6946: an only piece is whole.
    @Test
    void anIpv6PacketWithAFragmentHeaderThatIsNotCutPasses() {
        byte[] whole =
                Packets.udp(
                        new Endpoint(CLIENT_V6, 4000),
                        new Endpoint(ip(PROXIES.get(1)), 53),
                        new byte[100]);

        var sent = gateway.fromClient(Fragments.cut(whole, 1, PIECE).getFirst());

        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().packet().isTo(ip(REAL_V6))).isTrue();
        assertThat(sent.getFirst().packet().isTransportChecksumValid()).isTrue();
    }

    private static byte[][] cut(byte[] whole, int id) {
        return Fragments.cut(whole, id, PIECE).toArray(byte[][]::new);
    }

    private static byte[] udpTo(String to, int port, int length) {
        return Packets.udp(
                new Endpoint(CLIENT_V4, 4000), new Endpoint(ip(to), port), new byte[length]);
    }
}
