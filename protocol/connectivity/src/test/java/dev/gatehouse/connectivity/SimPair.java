package dev.gatehouse.connectivity;

import static dev.gatehouse.connectivity.SimWorld.MS;
import static dev.gatehouse.connectivity.SimWorld.S;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.connectivity.SimWorld.Peer;
import dev.gatehouse.testkit.Nat;
import dev.gatehouse.wire.IpAddress;
import java.util.Optional;

/// A client and a gateway that know one relay and were just allowed to talk.
record SimPair(Peer client, Peer gateway, SimRelay relay) {
    static final String CLIENT = "client";
    static final String GATEWAY = "gateway";

    /// Both with public addresses.
    static SimPair ofPublicHosts(SimWorld world) {
        var relay = world.addRelay("relay-1", "203.0.113.3");
        var client = world.addClient(CLIENT, "192.0.2.1", Optional.empty());
        var gateway = world.addGateway(GATEWAY, "198.51.100.2", Optional.empty());
        return new SimPair(client, gateway, relay).connect(world);
    }

    /// Each behind a translator of its own.
    static SimPair behind(Nat.Kind kind, SimWorld world) {
        var relay = world.addRelay("relay-1", "203.0.113.3");
        var clientNat = new Nat(kind, IpAddress.parse("192.0.2.1"), world.random());
        var gatewayNat = new Nat(kind, IpAddress.parse("198.51.100.2"), world.random());
        var client = world.addClient(CLIENT, "10.0.0.1", Optional.of(clientNat));
        var gateway = world.addGateway(GATEWAY, "10.1.0.2", Optional.of(gatewayNat));
        return new SimPair(client, gateway, relay).connect(world);
    }

    private SimPair connect(SimWorld world) {
        world.init(client, relay);
        world.init(gateway, relay);
        world.run(S);
        world.authorize(client, gateway, 1);
        return this;
    }

    /// A packet each way, which must arrive.
    void exchange(SimWorld world) {
        client.received.clear();
        gateway.received.clear();

        world.send(client, gateway, "ping");
        world.run(200 * MS);
        world.send(gateway, client, "pong");
        world.run(200 * MS);

        assertThat(gateway.received).containsExactly(CLIENT + ": ping");
        assertThat(client.received).containsExactly(GATEWAY + ": pong");
    }
}
