package dev.gatehouse.benchmarks.core;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.gatehouse.benchmarks.common.CommonOptions;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.WireGuardPolicy;
import dev.gatehouse.wireguard.WireGuardTunnel;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.handshake.HandshakeGate;
import dev.gatehouse.wireguard.handshake.HandshakeIdentity;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What a gateway does for one handshake: check the MACs, find out who it is, answer. The gate's
/// limit is lifted, or so low that every initiation must bring a cookie first.
@Command(
        name = "handshakes",
        description = "WireGuard handshakes that a gateway answers a second on one core.",
        mixinStandardHelpOptions = true,
        footer = "--quick: 3 rounds of 300")
public final class HandshakeBench implements Callable<Integer> {
    private static final IpAddress SOURCE = IpAddress.parse("192.0.2.1");
    private static final long LATER_NS = Duration.ofSeconds(6).toNanos();
    private static final int WARM_UP_ROUNDS = 6;

    /// @param perSecond of one core's time
    /// @param us of a core's time each
    record Row(
            String cookies,
            @JsonProperty("per_second_and_core") double perSecond,
            @JsonProperty("cpu_us") double us) {}

    /// A peer: its end of the tunnel, and ours.
    private record Peer(WireGuardTunnel client, WireGuardTunnel gateway) {}

    @Option(names = "--peers", description = "handshakes a round, up to 1000", defaultValue = "500")
    private int peers;

    @Option(names = "--rounds", description = "rounds that count", defaultValue = "5")
    private int rounds;

    @Mixin private CommonOptions options;

    private final SecureRandom random = new SecureRandom();
    private final KeyPair gatewayKeys = KeyPair.generate(random);
    private final ByteBuffer wire = ByteBuffer.allocateDirect(256);
    private Aead aead;

    @Override
    public Integer call() throws IOException {
        if (options.isQuick()) {
            peers = 300;
            rounds = 3;
        }
        var rows = new ArrayList<Row>();
        try (var chosen = Aeads.choose(Optional.empty())) {
            aead = chosen;
            for (boolean cookies : new boolean[] {false, true}) {
                rows.add(run(cookies));
            }
        }
        for (var row : rows) {
            System.out.printf(
                    "cookies %-3s  %7.0f handshakes a second and core, %6.1f us each%n",
                    row.cookies(), row.perSecond(), row.us());
        }
        options.writeResult(Map.of("rows", rows));
        return 0;
    }

    private Row run(boolean cookies) {
        for (int i = 0; i < WARM_UP_ROUNDS; i++) {
            round(cookies);
        }
        long spentNs = 0;
        for (int i = 0; i < rounds; i++) {
            spentNs += round(cookies);
        }
        double us = spentNs / 1e3 / rounds / peers;
        return new Row(cookies ? "on" : "off", 1e6 / us, us);
    }

    /// Returns nanoseconds of this thread's CPU time on the gateway's side.
    private long round(boolean cookies) {
        var everybody = new ArrayList<Peer>();
        var byKey = new HashMap<PublicKey, WireGuardTunnel>();
        for (int i = 0; i < peers; i++) {
            var keys = KeyPair.generate(random);
            var peer = peer(keys);
            everybody.add(peer);
            byKey.put(keys.publicKey(), peer.gateway);
        }
        int limit = cookies ? 0 : Integer.MAX_VALUE;
        try (var gate = new HandshakeGate(gatewayKeys.publicKey(), limit, random, 0)) {
            long spentNs = 0;
            for (var peer : everybody) {
                peer.client.startHandshake(0);
                long nowNs = 0;
                if (cookies) {
                    spentNs += refuse(gate, peer);
                    nowNs = LATER_NS;
                    peer.client.handleTimeout(nowNs);
                }
                spentNs += answer(gate, peer.client.pollControl(), byKey, nowNs);
            }
            return spentNs;
        } finally {
            everybody.forEach(peer -> peer.client.close());
            everybody.forEach(peer -> peer.gateway.close());
        }
    }

    private Peer peer(KeyPair keys) {
        var psk = new byte[PresharedKey.LENGTH];
        return new Peer(
                tunnel(keys, gatewayKeys.publicKey(), new PresharedKey(psk)),
                tunnel(gatewayKeys, keys.publicKey(), new PresharedKey(psk)));
    }

    private WireGuardTunnel tunnel(KeyPair local, PublicKey remote, PresharedKey psk) {
        return new WireGuardTunnel(
                local, remote, psk, 1, WireGuardPolicy.gateway(), aead, random, 0, 0);
    }

    /// The first try ends with a cookie.
    private long refuse(HandshakeGate gate, Peer peer) {
        byte[] initiation = peer.client.pollControl();
        wire.put(0, initiation);
        long beforeNs = cpuNs();
        var verdict = gate.admit(wire, 0, initiation.length, SOURCE, 0);
        long spentNs = cpuNs() - beforeNs;
        byte[] cookie = ((HandshakeGate.CookieReply) verdict).datagram();
        wire.put(0, cookie);
        peer.client.handleHandshake(wire, 0, cookie.length, 0);
        return spentNs;
    }

    private long answer(
            HandshakeGate gate,
            byte[] initiation,
            Map<PublicKey, WireGuardTunnel> byKey,
            long nowNs) {
        wire.put(0, initiation);
        long beforeNs = cpuNs();
        var verdict = gate.admit(wire, 0, initiation.length, SOURCE, nowNs);
        var claimed = HandshakeIdentity.identify(gatewayKeys, wire, 0);
        var tunnel = byKey.get(claimed.orElseThrow());
        tunnel.handleHandshake(wire, 0, initiation.length, nowNs);
        boolean answered = tunnel.pollControl() != null;
        long spentNs = cpuNs() - beforeNs;
        if (verdict != HandshakeGate.Decision.OK || !answered) {
            throw new IllegalStateException("no answer to a handshake: " + verdict);
        }
        return spentNs;
    }

    private static long cpuNs() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
