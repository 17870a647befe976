package dev.gatehouse.connectivity;

import static dev.gatehouse.connectivity.SimWorld.MS;
import static dev.gatehouse.connectivity.SimWorld.S;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.WireGuardPolicy;
import dev.gatehouse.wireguard.WireGuardTunnel;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.key.PresharedKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Clients send their initiation just before the check that nominates (tunnel.md 0.2 and 4.4).
class EarlyHandshakeTest {
    private static final String CLIENT = "client";
    private static final Endpoint CHECKED = Endpoint.parse("192.0.2.1:52625");
    private static final Endpoint OTHER = Endpoint.parse("192.0.2.1:40000");
    private static final IceCredentials GATEWAY_ICE = new IceCredentials("gw9q", "of-the-gateway");
    private static final IceCredentials CLIENT_ICE = new IceCredentials("cl7x", "of-the-client");
    private static final byte INITIATION = 1;
    private static final byte RESPONSE = 2;

    private final SimWorld world = new SimWorld(3);

    @Test
    void answersWaitForTheNominationAndLeaveOnTheNominatedPath() {
        var gateway = gatewayWithARelay();
        var client = clientOf(gateway);
        world.run(S);

        client.startHandshake(0);
        byte[] initiation = client.pollControl();
        world.deliver(gateway, gateway.endpoint(), OTHER, initiation);
        world.run(100 * MS);
        var before = answers();
        world.deliver(gateway, gateway.endpoint(), CHECKED, nominatingCheck());
        world.run(100 * MS);

        assertThat(initiation[0]).isEqualTo(INITIATION);
        assertThat(before).isEmpty();
        assertThat(answers()).containsExactly(CHECKED);
    }

    @Test
    void anInitiationMayComeBeforeAnyCheck() {
        var gateway = gatewayWithARelay();
        var client = clientOf(gateway);
        world.run(S);

        client.startHandshake(0);
        world.deliver(gateway, gateway.endpoint(), CHECKED, client.pollControl());
        world.run(7 * S);
        world.deliver(gateway, gateway.endpoint(), CHECKED, nominatingCheck());
        world.run(100 * MS);

        assertThat(answers()).containsExactly(CHECKED);
        assertThat(gateway.events(NodeEvent.Failed.class)).isEmpty();
    }

    private SimWorld.Peer gatewayWithARelay() {
        var relay = world.addRelay("relay-1", "203.0.113.3");
        var gateway = world.addGateway("gateway", "198.51.100.2", Optional.empty());
        world.network.addHost(CLIENT, IpAddress.parse("192.0.2.1"));
        world.init(gateway, relay);
        world.run(S);
        return gateway;
    }

    private WireGuardTunnel clientOf(SimWorld.Peer gateway) {
        var keys = world.newKeys();
        var psk = new byte[PresharedKey.LENGTH];
        gateway.node.upsertConnection(
                CLIENT,
                keys.publicKey(),
                new PresharedKey(psk),
                GATEWAY_ICE,
                CLIENT_ICE,
                gateway.nodeNowNs());
        world.drain(gateway);
        return new WireGuardTunnel(
                keys,
                gateway.keys.publicKey(),
                new PresharedKey(psk),
                1,
                WireGuardPolicy.client(),
                Aeads.open("jdk").orElseThrow(),
                world.random(),
                0,
                0);
    }

    private static byte[] nominatingCheck() {
        return new StunWriter(MessageClass.REQUEST, StunMethods.BINDING, new TransactionId(1, 2, 3))
                .username("gw9q:cl7x")
                .iceControlling(5)
                .priority(1862270719)
                .useCandidate()
                .buildSignedWithFingerprint(
                        GATEWAY_ICE.password().getBytes(StandardCharsets.US_ASCII));
    }

    private List<Endpoint> answers() {
        return world.captured.stream()
                .filter(d -> d.host().equals(CLIENT) && d.payload()[0] == RESPONSE)
                .map(d -> d.local())
                .toList();
    }
}
