package dev.gatehouse.dataplane.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.filter.Filter;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.DomainPattern;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// A [GatewayState] with one client to begin with, whose outputs are collected.
final class TestGateway implements GatewayOutput {
    static final String CLIENT = "c1";
    static final String OTHER_CLIENT = "c2";
    static final String RESOURCE = "8f1d3c0e-5a53-4c63-9d57-0c3b7a3f2b11";
    static final String OTHER_RESOURCE = "8f1d3c0e-5a53-4c63-9d57-0c3b7a3f2b12";
    static final IpAddress GATEWAY_V4 = ip("100.64.0.1");
    static final IpAddress GATEWAY_V6 = ip("fd00:2021:1111::1");
    static final IpAddress CLIENT_V4 = ip("100.64.0.2");
    static final IpAddress CLIENT_V6 = ip("fd00:2021:1111::2");
    static final long SECOND_NS = 1_000_000_000L;
    static final long START_UNIX_SECONDS = 1_790_000_000L;

    /// A packet that came out: to the TUN device if `client` is empty.
    record Sent(String client, List<Byte> bytes) {
        IpPacket packet() {
            var raw = new byte[bytes.size()];
            for (int i = 0; i < raw.length; i++) {
                raw[i] = bytes.get(i);
            }
            return Packets.view(raw);
        }
    }

    final GatewayState state;
    private final List<Sent> sent = new ArrayList<>();
    long nowNs;

    TestGateway(GatewayLimits limits) {
        state = new GatewayState(limits, START_UNIX_SECONDS * SECOND_NS, 1);
        state.setInterface(GATEWAY_V4, GATEWAY_V6);
    }

    TestGateway() {
        this(GatewayLimits.defaults());
    }

    static IpAddress ip(String text) {
        return IpAddress.parse(text);
    }

    static ResourceSpec cidr(String id, String network, Filter... filters) {
        return new ResourceSpec.Cidr(id, "net", IpNetwork.parse(network), List.of(filters));
    }

    static ResourceSpec dns(String id, String pattern, Filter... filters) {
        return new ResourceSpec.Dns(
                id, "name", DomainPattern.parse(pattern).orElseThrow(), List.of(filters));
    }

    static Filter tcp(int first, int last) {
        return new Filter.Ports(Filter.Transport.TCP, first, last);
    }

    static Filter udp(int first, int last) {
        return new Filter.Ports(Filter.Transport.UDP, first, last);
    }

    TestGateway authorize(ResourceSpec resource) {
        return authorize(resource, OptionalLong.empty());
    }

    TestGateway authorize(ResourceSpec resource, OptionalLong expiry) {
        var authorization = new Authorization(CLIENT, CLIENT_V4, CLIENT_V6, resource, expiry);
        assertThat(state.authorize(authorization, nowNs)).isTrue();
        return this;
    }

    void after(long seconds) {
        for (long i = 0; i < seconds; i++) {
            nowNs += SECOND_NS;
            state.handleTimeout(nowNs);
        }
    }

    /// What comes out when the client sends these packets in one batch.
    List<Sent> fromClient(byte[]... packets) {
        sent.clear();
        state.handleFromPeer(CLIENT, Packets.batch(packets), this, nowNs);
        return List.copyOf(sent);
    }

    List<Sent> fromTun(byte[]... packets) {
        sent.clear();
        state.handleFromTun(Packets.batch(packets), this, nowNs);
        return List.copyOf(sent);
    }

    /// Sends AssignedIps and answers the lookup; returns the status that the client gets.
    P2pEvent.DomainStatus assign(String domain, List<String> proxies, String... resolved) {
        assertThat(fromClient(assignedIps(RESOURCE, domain, proxies))).isEmpty();
        var request = (GatewayEvent.ResolveName) state.pollEvent();
        sent.clear();
        var addresses = Stream.of(resolved).map(IpAddress::parse).toList();
        state.handleResolved(request.requestId(), addresses, this, nowNs);
        return status(sent);
    }

    static P2pEvent.DomainStatus status(List<Sent> sent) {
        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().client()).isEqualTo(CLIENT);
        return (P2pEvent.DomainStatus) P2pControl.decode(sent.getFirst().packet());
    }

    static byte[] assignedIps(String resource, String domain, List<String> proxies) {
        var ips = proxies.stream().map(IpAddress::parse).toList();
        return control(new P2pEvent.AssignedIps(resource, domain, ips));
    }

    static byte[] control(P2pEvent event) {
        var out = ByteBuffer.allocate(IpPacket.LENGTH_MAX);
        return Arrays.copyOf(out.array(), P2pControl.encode(event, out, 0));
    }

    List<GatewayEvent> events() {
        return Stream.generate(state::pollEvent).takeWhile(e -> e != null).toList();
    }

    List<Sent> sent() {
        return List.copyOf(sent);
    }

    void clearSent() {
        sent.clear();
    }

    long dropped(DropReason reason) {
        return state.drops().get(reason);
    }

    @Override
    public void toTun(PacketBatch packets, int index) {
        collect("", packets, index);
    }

    @Override
    public void toPeer(String clientId, PacketBatch packets, int index) {
        collect(clientId, packets, index);
    }

    private void collect(String client, PacketBatch packets, int index) {
        sent.add(sent(client, Packets.copy(packets, index)));
    }

    static Sent sent(String client, byte[] packet) {
        var bytes = new ArrayList<Byte>();
        for (byte b : packet) {
            bytes.add(b);
        }
        return new Sent(client, bytes);
    }
}
