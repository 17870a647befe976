package dev.gatehouse.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HandshakeTest {
    @Test
    void clientAndGatewayExchangePacketsAfterOneRoundTrip() {
        var peers = new Peers(1);

        peers.connect(0);

        var up = Peers.packet(100, 7);
        var down = Peers.packet(1280, 8);
        var sealedUp = Peers.seal(peers.client, up, 0).orElseThrow();
        var sealedDown = Peers.seal(peers.gateway, down, 0).orElseThrow();
        assertThat(sealedUp).hasSize(132);
        assertThat(Peers.receive(peers.gateway, sealedUp, 0)).hasValue(up);
        assertThat(Peers.receive(peers.client, sealedDown, 0)).hasValue(down);
    }
}
