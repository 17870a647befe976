package dev.gatehouse.connectivity;

import static dev.gatehouse.connectivity.SimWorld.S;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.connectivity.path.DropReason;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wireguard.WireGuardPolicy;
import dev.gatehouse.wireguard.WireGuardTunnel;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.key.PresharedKey;
import org.junit.jupiter.api.Test;

/// Strangers that begin handshakes at a gateway without end.
class HandshakeFloodSimTest {
    private static final Endpoint STRANGER = Endpoint.parse("198.51.100.77:4000");
    private static final byte RESPONSE = 2;

    private final SimWorld world = new SimWorld(1);

    @Test
    void aPeerThatIsKnownToBeThereIsAnsweredAtOnce() {
        var pair = SimPair.ofPublicHosts(world);
        world.run(30 * S);
        pair.exchange(world);
        world.run(30 * S);
        long answered = responses();
        flood(pair.gateway());
        long refused = refused(pair);

        world.authorize(pair.client(), pair.gateway(), 1);
        world.run(S);

        assertThat(refused).isPositive();
        assertThat(responses()).isGreaterThan(answered);
        assertThat(refused(pair)).isEqualTo(refused);
    }

    private static long refused(SimPair pair) {
        return pair.gateway().node.drops().get(DropReason.HANDSHAKE_REFUSED);
    }

    private long responses() {
        return world.captured.stream()
                .filter(d -> d.host().equals(SimPair.CLIENT) && d.payload()[0] == RESPONSE)
                .count();
    }

    private void flood(SimWorld.Peer gateway) {
        var stranger =
                new WireGuardTunnel(
                        world.newKeys(),
                        gateway.keys.publicKey(),
                        new PresharedKey(new byte[PresharedKey.LENGTH]),
                        1,
                        WireGuardPolicy.client(),
                        Aeads.open("jdk").orElseThrow(),
                        world.random(),
                        0,
                        0);
        stranger.startHandshake(0);
        byte[] initiation = stranger.pollControl();
        for (int i = 0; i < 1_000; i++) {
            world.deliver(gateway, gateway.endpoint(), STRANGER, initiation.clone());
        }
    }
}
