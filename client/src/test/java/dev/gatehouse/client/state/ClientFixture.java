package dev.gatehouse.client.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.grant.Site;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/// A client with its tunnels, and what its portal, its gateways and its host say to it.
abstract class ClientFixture {
    static final IpAddress OWN_V4 = IpAddress.parse("100.80.1.2");
    static final IpAddress OWN_V6 = IpAddress.parse("fd00:2021:1111::2:9");
    static final IpAddress GATEWAY_V4 = IpAddress.parse("100.70.12.34");
    static final IpAddress GATEWAY_V6 = IpAddress.parse("fd00:2021:1111::1a:2b3c");
    static final Endpoint APP = new Endpoint(OWN_V4, 40000);
    static final Endpoint LAB = Endpoint.parse("10.20.0.9:443");
    static final Endpoint SENTINEL = Endpoint.parse("100.100.111.1:53");
    static final Endpoint PROXY = Endpoint.parse("100.96.0.1:443");
    static final Endpoint UPSTREAM = Endpoint.parse("192.0.2.53:53");
    static final String GATEWAY = "b1e6c0de-52a4-4a0c-8f39-2f5b7c8d9e10";
    static final String OTHER_GATEWAY = "c1e6c0de-52a4-4a0c-8f39-2f5b7c8d9e10";
    static final String CIDR_ID = "0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    static final String DNS_ID = "1d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    static final String INTERNET_ID = "2d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    static final Site SITE = new Site("c7d2e9f4-1a6b-4d38-8e5c-9b0a1f2e3d44", "HQ");
    static final Resource LAB_NET =
            new Resource.Cidr(CIDR_ID, "Lab", IpNetwork.parse("10.20.0.0/16"), List.of(SITE));
    static final Resource WIKI =
            new Resource.Dns(DNS_ID, "Wiki", "*.corp.test", Resource.IpStack.DUAL, List.of(SITE));
    static final InterfaceConfig INTERFACE =
            new InterfaceConfig(OWN_V4, OWN_V6, List.of(UPSTREAM), Optional.of("corp.test"));

    final RecordingTunnels tunnels = new RecordingTunnels();
    final ClientState state = new ClientState(tunnels, false);

    static long ms(long ms) {
        return Duration.ofMillis(ms).toNanos();
    }

    void init(Resource... resources) {
        state.handleInit(INTERFACE, List.of(resources), 0);
        events();
    }

    List<ClientEvent> events() {
        var events = new ArrayList<ClientEvent>();
        for (var e = state.pollEvent(); e != null; e = state.pollEvent()) {
            events.add(e);
        }
        return events;
    }

    List<String> flowsAsked() {
        return events().stream()
                .filter(ClientEvent.CreateFlow.class::isInstance)
                .map(e -> ((ClientEvent.CreateFlow) e).resourceId())
                .toList();
    }

    void fromTun(long nowNs, byte[]... packets) {
        state.handleTunPackets(Packets.batch(packets), nowNs);
    }

    void fromGateway(byte[] packet, long nowNs) {
        state.handlePlaintexts(GATEWAY, Packets.batch(packet), 0, 1, nowNs);
    }

    static byte[] syn(Endpoint to) {
        return Packets.tcp(APP, to, IpPacket.TCP_SYN, new byte[0]);
    }

    static byte[] data(Endpoint to, int number) {
        return Packets.udp(APP, to, new byte[] {(byte) number});
    }

    static Flow flow(String resourceId, String gatewayId) {
        var keys = new Flow.Keys("", "", "a", "b", "c", "d");
        return new Flow(resourceId, gatewayId, SITE.id(), GATEWAY_V4, GATEWAY_V6, keys);
    }

    static Message query(String name, int type) {
        try {
            var message = new Message(0x1234);
            message.getHeader().setFlag(Flags.RD);
            var question = Record.newRecord(Name.fromString(name, Name.root), type, DClass.IN);
            message.addRecord(question, Section.QUESTION);
            return message;
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    void ask(String name, int type, long nowNs) {
        fromTun(nowNs, Packets.udp(APP, SENTINEL, query(name, type).toWire()));
    }

    Message answer() {
        return dns(tunnels.tun.removeLast());
    }

    static Message dns(byte[] packet) {
        var view = Packets.view(packet);
        assertThat(view.isTransportChecksumValid()).isTrue();
        int at = view.payloadOffset();
        return DnsWire.read(Arrays.copyOfRange(packet, at, packet.length));
    }

    static byte[] control(P2pEvent event) {
        var buffer = ByteBuffer.allocate(1280);
        return Arrays.copyOf(buffer.array(), P2pControl.encode(event, buffer, 0));
    }

    List<P2pEvent> controlSent() {
        return tunnels.sent.stream()
                .map(sent -> Packets.view(sent.packet()))
                .filter(P2pControl::isControl)
                .map(P2pControl::decode)
                .toList();
    }
}
