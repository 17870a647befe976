package dev.gatehouse.connectivity;

import dev.gatehouse.ice.Candidate;
import dev.gatehouse.ice.IceAgent;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.ice.IceTimeouts;
import dev.gatehouse.ice.Role;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wireguard.WireGuardPolicy;
import dev.gatehouse.wireguard.WireGuardTunnel;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.random.RandomGenerator;

/// Two peers that connect to each other in memory, many times: what is loaded and compiled then
/// serves the first real connection, which takes half a second longer without.
///
/// Run it once, away from the packet thread; it shares nothing with anybody.
public final class Rehearsal {
    private static final int ROUNDS = 20;
    private static final Endpoint CLIENT = Endpoint.parse("192.0.2.1:1");
    private static final Endpoint GATEWAY = Endpoint.parse("192.0.2.2:1");
    private static final IceCredentials CLIENT_ICE = new IceCredentials("client", "password");
    private static final IceCredentials GATEWAY_ICE = new IceCredentials("gateway", "password");

    private final Aead aead;
    private final RandomGenerator random;

    /// @param aead used by nobody else meanwhile
    public Rehearsal(Aead aead, RandomGenerator random) {
        this.aead = aead;
        this.random = random;
    }

    /// Returns how many of the rounds led to a session on both sides: all of them.
    public int run() {
        int sessions = 0;
        for (int i = 0; i < ROUNDS; i++) {
            connect();
            sessions += shakeHands() ? 1 : 0;
        }
        return sessions;
    }

    private void connect() {
        var client = agent(Role.CONTROLLING, CLIENT_ICE, GATEWAY_ICE);
        var gateway = agent(Role.CONTROLLED, GATEWAY_ICE, CLIENT_ICE);
        signal(client, CLIENT, gateway);
        signal(gateway, GATEWAY, client);
        for (int i = 0; i < 4; i++) {
            deliver(client, gateway);
            deliver(gateway, client);
        }
    }

    private IceAgent agent(Role role, IceCredentials local, IceCredentials remote) {
        return new IceAgent(role, local, remote, IceTimeouts.clientDefaults(), random, 0);
    }

    private static void signal(IceAgent from, Endpoint address, IceAgent to) {
        from.addLocalCandidate(Candidate.host(address), 0)
                .map(c -> c.toSdp(from.localCredentials().ufrag()))
                .flatMap(Candidate::parse)
                .ifPresent(c -> to.addRemoteCandidate(c, 0));
    }

    private static void deliver(IceAgent from, IceAgent to) {
        for (var sent = from.pollTransmit(); sent != null; sent = from.pollTransmit()) {
            var bytes = ByteBuffer.wrap(sent.payload());
            if (StunMessage.decode(bytes, 0, bytes.capacity()) instanceof StunMessage message
                    && to.accepts(message)) {
                to.handleMessage(message, sent.remote(), sent.local(), 0);
            }
        }
    }

    private boolean shakeHands() {
        var keys = List.of(KeyPair.generate(random), KeyPair.generate(random));
        var psk = new byte[PresharedKey.LENGTH];
        var initiator = tunnel(keys.get(0), keys.get(1), psk);
        var responder = tunnel(keys.get(1), keys.get(0), psk);
        initiator.startHandshake(0);
        pass(initiator, responder);
        pass(responder, initiator);
        return initiator.canSeal(0);
    }

    private WireGuardTunnel tunnel(KeyPair local, KeyPair remote, byte[] psk) {
        return new WireGuardTunnel(
                local,
                remote.publicKey(),
                new PresharedKey(psk),
                1,
                WireGuardPolicy.client(),
                aead,
                random,
                0,
                0);
    }

    private static void pass(WireGuardTunnel from, WireGuardTunnel to) {
        for (var bytes = from.pollControl(); bytes != null; bytes = from.pollControl()) {
            var buffer = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
            to.handleHandshake(buffer, 0, bytes.length, 0);
        }
    }
}
