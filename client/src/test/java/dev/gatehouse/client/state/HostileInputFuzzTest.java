package dev.gatehouse.client.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.grant.Site;
import dev.gatehouse.testkit.Mutator;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.Type;

/// Applications, gateways and DNS servers may send what they like.
class HostileInputFuzzTest {
    private static final int ROUNDS = 10_000;
    private static final int PACKET_MAX = 1280;
    private static final String GATEWAY = "b1e6c0de-52a4-4a0c-8f39-2f5b7c8d9e10";
    private static final String CIDR_ID = "0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    private static final String DNS_ID = "1d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    private static final IpAddress OWN_V4 = IpAddress.parse("100.80.1.2");
    private static final IpAddress OWN_V6 = IpAddress.parse("fd00:2021:1111::2:9");
    private static final Endpoint APP = new Endpoint(OWN_V4, 40_000);
    private static final Endpoint APP_V6 = new Endpoint(OWN_V6, 40_000);
    private static final Endpoint LAB = Endpoint.parse("10.20.0.9:443");
    private static final Endpoint SENTINEL = Endpoint.parse("100.100.111.1:53");
    private static final Endpoint PROXY_V6 = Endpoint.parse("[fd00:2021:1111:8000::1]:443");
    private static final Site SITE = new Site("c7d2e9f4-1a6b-4d38-8e5c-9b0a1f2e3d44", "HQ");
    private static final byte[] DATA = new byte[40];

    private final RecordingTunnels tunnels = new RecordingTunnels();
    private final ClientState state = new ClientState(tunnels, false);

    private void open() {
        var upstream = Endpoint.parse("192.0.2.53:53");
        state.handleInit(
                new InterfaceConfig(OWN_V4, OWN_V6, List.of(upstream), Optional.of("corp.test")),
                List.of(
                        new Resource.Cidr(
                                CIDR_ID, "Lab", IpNetwork.parse("10.20.0.0/16"), List.of(SITE)),
                        new Resource.Dns(
                                DNS_ID,
                                "Wiki",
                                "*.corp.test",
                                Resource.IpStack.DUAL,
                                List.of(SITE))),
                0);
        var keys = new Flow.Keys("", "", "a", "b", "c", "d");
        for (String resource : List.of(CIDR_ID, DNS_ID)) {
            state.handleFlow(
                    new Flow(
                            resource,
                            GATEWAY,
                            SITE.id(),
                            IpAddress.parse("100.70.12.34"),
                            IpAddress.parse("fd00:2021:1111::1a:2b3c"),
                            keys),
                    0);
        }
        state.handleConnected(GATEWAY);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedPacketsOfApplications(long seed) throws IOException {
        open();
        var seeds =
                List.of(
                        Packets.tcp(APP, LAB, IpPacket.TCP_SYN, DATA),
                        Packets.udp(APP_V6, PROXY_V6, DATA),
                        Packets.udp(APP, SENTINEL, query("www.corp.test", Type.A)),
                        Packets.udp(APP, SENTINEL, query("elsewhere.test", Type.AAAA)),
                        Packets.udp(APP, SENTINEL, query("1.0.96.100.in-addr.arpa", Type.PTR)),
                        Packets.echoRequest(OWN_V4, LAB.address(), 3));
        var mutator = new Mutator(seed);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] packet = shortened(mutator.bytes(mutator.choose(seeds)));
            state.handleTunPackets(Packets.batch(packet), i);
            answerDns(mutator, i);
            tunnels.sent.clear();
        }
        assertStillAnswers();
    }

    /// Every forwarded query gets a damaged answer, a failure or none.
    private void answerDns(Mutator mutator, long nowNs) throws IOException {
        for (var event = state.pollEvent(); event != null; event = state.pollEvent()) {
            if (event instanceof ClientEvent.ForwardQuery forward) {
                long ticket = forward.ticket();
                switch (mutator.below(4)) {
                    case 0 -> state.handleDnsFailure(ticket);
                    case 1 -> state.handleDnsTimeout(ticket);
                    default ->
                            state.handleDnsResponse(
                                    ticket, new DnsPayload(mutator.bytes(answer())), nowNs);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedPacketsOfAGateway(long seed) throws IOException {
        open();
        var seeds =
                List.of(
                        Packets.tcp(LAB, APP, IpPacket.TCP_SYN, DATA),
                        Packets.udp(PROXY_V6, APP_V6, DATA),
                        Packets.icmpError(
                                LAB.address(), OWN_V4, 3, 13, Packets.udp(APP, LAB, DATA)),
                        Packets.icmpError(
                                PROXY_V6.address(),
                                OWN_V6,
                                1,
                                1,
                                Packets.udp(APP_V6, PROXY_V6, DATA)),
                        control(new P2pEvent.DomainStatus(DNS_ID, "www.corp.test", true)),
                        control(new P2pEvent.Goodbye()));
        var mutator = new Mutator(seed);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] packet = shortened(mutator.bytes(mutator.choose(seeds)));
            state.handlePlaintexts(GATEWAY, Packets.batch(packet), 0, 1, i);
            answerDns(mutator, i);
            tunnels.tun.clear();
        }
        assertStillAnswers();
    }

    private void assertStillAnswers() throws IOException {
        tunnels.tun.clear();
        byte[] query = query("fresh.corp.test", Type.A);
        state.handleTunPackets(Packets.batch(Packets.udp(APP, SENTINEL, query)), ROUNDS + 1);
        assertThat(tunnels.tun).hasSize(1);
        byte[] packet = tunnels.tun.getFirst();
        int at = Packets.view(packet).payloadOffset();
        var reply = DnsWire.read(Arrays.copyOfRange(packet, at, packet.length));
        assertThat(reply.getSection(Section.ANSWER)).hasSize(4);
    }

    private static byte[] shortened(byte[] packet) {
        return packet.length <= PACKET_MAX ? packet : Arrays.copyOf(packet, PACKET_MAX);
    }

    private static byte[] query(String name, int type) throws IOException {
        return question(name, type).toWire();
    }

    private static Message question(String name, int type) throws IOException {
        var message = new Message(0x1234);
        message.getHeader().setFlag(Flags.RD);
        var question = Record.newRecord(Name.fromString(name, Name.root), type, DClass.IN);
        message.addRecord(question, Section.QUESTION);
        return message;
    }

    private static byte[] answer() throws IOException {
        var message = question("elsewhere.test", Type.AAAA);
        message.getHeader().setFlag(Flags.QR);
        var owner = message.getQuestion().getName();
        var address = InetAddress.getByName("2001:db8::1");
        message.addRecord(new AAAARecord(owner, DClass.IN, 60, address), Section.ANSWER);
        message.addRecord(new TXTRecord(owner, DClass.IN, 60, "text"), Section.ADDITIONAL);
        return message.toWire();
    }

    private static byte[] control(P2pEvent event) {
        var buffer = ByteBuffer.allocate(PACKET_MAX);
        return Arrays.copyOf(buffer.array(), P2pControl.encode(event, buffer, 0));
    }
}
