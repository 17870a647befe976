package dev.gatehouse.client.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.grant.Site;
import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/// What a gateway, a DNS server and applications can make the client do is bounded, and costs the
/// same however many names there are.
class ClientComplexityTest {
    private static final String GATEWAY = "b1e6c0de-52a4-4a0c-8f39-2f5b7c8d9e10";
    private static final String DNS_ID = "1d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    private static final IpAddress OWN_V4 = IpAddress.parse("100.80.1.2");
    private static final IpAddress OWN_V6 = IpAddress.parse("fd00:2021:1111::2:9");
    private static final Endpoint APP = new Endpoint(OWN_V4, 40_000);
    private static final Endpoint SENTINEL = Endpoint.parse("100.100.111.1:53");
    private static final Site SITE = new Site("c7d2e9f4-1a6b-4d38-8e5c-9b0a1f2e3d44", "HQ");
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int FEW = 200;
    private static final int FACTOR = 8;
    private static final int MANY_NAMES = 5_000;

    private final RecordingTunnels tunnels = new RecordingTunnels();
    private final ClientState state = new ClientState(tunnels, false);
    private long nowNs;

    @Test
    void queryForANameCostsTheSameHoweverManyThereAre() {
        newNames(FEW); // loads classes

        double ratio = newNames(FACTOR * FEW) / (double) newNames(FEW);

        assertThat(ratio).isLessThan(2);
    }

    private static long newNames(int before) {
        var client = open();
        for (int i = 0; i < before; i++) {
            client.ask(i);
        }
        return AllocatedBytes.of(100, i -> client.ask(before + i));
    }

    @Test
    void grantIsLinearInTheNames() {
        grants(FEW);

        double ratio = grants(FACTOR * FEW) / (double) grants(FEW);

        assertThat(ratio).isLessThan(1.25 * FACTOR);
    }

    private static long grants(int names) {
        var client = open();
        for (int i = 0; i < names; i++) {
            client.ask(i);
        }
        return AllocatedBytes.of(20, _ -> client.loseAndGrant());
    }

    private void loseAndGrant() {
        nowNs += 2 * SECOND_NS;
        state.handleDisconnected(GATEWAY, nowNs);
        ask(0);
        sendToName();
        grant();
        forgetWhatWasSent();
    }

    /// All of them are told to the gateway when it is there, and confirmed in one go.
    @Test
    void clientWithManyNamesMeetsNoLimit() {
        var client = open();
        for (int i = 0; i < MANY_NAMES; i++) {
            client.ask(i);
            client.fromGateway(new P2pEvent.DomainStatus(DNS_ID, name(i), true));
        }
        client.nowNs += 30 * SECOND_NS;
        client.state.handleDisconnected(GATEWAY, client.nowNs);
        client.sendToName();
        client.forgetWhatWasSent();

        client.grant();

        assertThat(client.tunnels.sent).hasSizeGreaterThanOrEqualTo(MANY_NAMES);
        for (int i = 0; i < MANY_NAMES; i++) {
            client.fromGateway(new P2pEvent.DomainStatus(DNS_ID, name(i), true));
        }
        assertThat(client.state.controlExcess()).isZero();
    }

    @Test
    void gatewayThatFloodsWithStatusIsNotListenedTo() {
        var client = open();
        client.ask(0);
        for (int i = 0; i < 40_000; i++) {
            client.fromGateway(new P2pEvent.DomainStatus(DNS_ID, name(0), i % 2 == 0));
        }
        assertThat(client.state.controlExcess()).isBetween(15_000L, 20_000L);

        client.nowNs += SECOND_NS;
        client.fromGateway(new P2pEvent.DomainStatus(DNS_ID, name(0), true));
        client.forgetWhatWasSent();
        client.sendToName();

        assertThat(client.tunnels.sent).hasSize(1);
    }

    /// Each time the flow is granted again; the resource is in use all the time.
    @Test
    void gatewayThatSaysGoodbyeAgainAndAgainIsAskedForAtAPace() {
        var client = open();
        client.ask(0);
        int asked = 0;
        for (int i = 0; i < 1_000; i++) {
            client.nowNs += SECOND_NS / 100;
            client.sendToName();
            client.fromGateway(new P2pEvent.Goodbye());
            for (var e = client.state.pollEvent(); e != null; e = client.state.pollEvent()) {
                asked += e instanceof ClientEvent.CreateFlow ? 1 : 0;
            }
            client.grant();
        }

        assertThat(asked).isBetween(10, 60);
    }

    private static ClientComplexityTest open() {
        var client = new ClientComplexityTest();
        var upstream = Endpoint.parse("192.0.2.53:53");
        var names =
                new Resource.Dns(
                        DNS_ID, "Wiki", "*.corp.test", Resource.IpStack.DUAL, List.of(SITE));
        client.state.handleInit(
                new InterfaceConfig(OWN_V4, OWN_V6, List.of(upstream), Optional.of("corp.test")),
                List.of(names),
                0);
        client.ask(0);
        client.sendToName();
        client.grant();
        client.forgetWhatWasSent();
        return client;
    }

    private void grant() {
        state.handleFlow(
                new Flow(
                        DNS_ID,
                        GATEWAY,
                        SITE.id(),
                        IpAddress.parse("100.70.12.34"),
                        IpAddress.parse("fd00:2021:1111::1a:2b3c"),
                        new Flow.Keys("", "", "a", "b", "c", "d")),
                nowNs);
        state.handleConnected(GATEWAY);
    }

    private void forgetWhatWasSent() {
        tunnels.sent.clear();
        tunnels.tun.clear();
        while (state.pollEvent() != null) {}
    }

    private static String name(int i) {
        return "n%d.corp.test".formatted(i);
    }

    private void ask(int i) {
        byte[] packet = Packets.udp(APP, SENTINEL, query(name(i)).toWire());
        state.handleTunPackets(Packets.batch(packet), nowNs);
    }

    private static Message query(String name) {
        var asked = Name.fromConstantString(name + ".");
        return Message.newQuery(Record.newRecord(asked, Type.A, DClass.IN));
    }

    private void sendToName() {
        byte[] packet = Packets.udp(APP, Endpoint.parse("100.96.0.1:443"), new byte[9]);
        state.handleTunPackets(Packets.batch(packet), nowNs);
    }

    private void fromGateway(P2pEvent event) {
        var buffer = ByteBuffer.allocate(IpPacket.LENGTH_MAX);
        int length = P2pControl.encode(event, buffer, 0);
        var batch = Packets.batch(Arrays.copyOf(buffer.array(), length));
        state.handlePlaintexts(GATEWAY, batch, 0, 1, nowNs);
    }
}
