package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.path.Relays;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.testkit.SimDatagram;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/// A small relay for one IPv4 address: enough of relay.md for nodes to find each other.
final class SimRelay {
    /// Sends from an endpoint of the relay.
    interface Wire {
        void send(Endpoint local, Endpoint remote, byte[] payload);
    }

    private static final class Grant {
        private final Endpoint client;
        private final Endpoint relayed;
        private final Map<Integer, Endpoint> peers = new LinkedHashMap<>();
        private final Map<Endpoint, Integer> channels = new LinkedHashMap<>();

        Grant(Endpoint client, Endpoint relayed) {
            this.client = client;
            this.relayed = relayed;
        }
    }

    private final String id;
    private final Endpoint server;
    private final Map<Endpoint, Grant> byClient = new LinkedHashMap<>();
    private final Map<Endpoint, Grant> byRelayed = new LinkedHashMap<>();
    private int nextPort = 50_000;
    int bindings;
    int allocates;
    int refreshes;
    int binds;

    SimRelay(String id, IpAddress address) {
        this.id = id;
        this.server = new Endpoint(address, Relays.RELAY_PORT);
    }

    String id() {
        return id;
    }

    IpAddress address() {
        return server.address();
    }

    RelayInfo infoFor(String user) {
        return new RelayInfo(id, java.util.List.of(server), user, "password of " + user);
    }

    /// As after a restart: BINDING is answered, and nothing else is known.
    void forgetAll() {
        byClient.clear();
        byRelayed.clear();
    }

    void handle(SimDatagram datagram, Wire wire) {
        if (!datagram.local().equals(server)) {
            handleFromPeer(datagram, wire);
            return;
        }
        var buffer = datagram.buffer();
        if (ChannelData.isChannelData(buffer.get(0))) {
            handleChannelData(datagram, wire);
        } else if (StunMessage.decode(buffer, 0, datagram.length()) instanceof StunMessage m) {
            handleRequest(m, datagram.remote(), wire);
        }
    }

    private void handleFromPeer(SimDatagram datagram, Wire wire) {
        var grant = byRelayed.get(datagram.local());
        var channel = grant == null ? null : grant.channels.get(datagram.remote());
        if (channel == null) {
            return;
        }
        var framed = ByteBuffer.allocate(ChannelData.HEADER_LENGTH + datagram.length());
        ChannelData.writeHeader(framed, 0, channel, datagram.length());
        framed.put(ChannelData.HEADER_LENGTH, datagram.payload());
        wire.send(server, grant.client, framed.array());
    }

    private void handleChannelData(SimDatagram datagram, Wire wire) {
        var grant = byClient.get(datagram.remote());
        var buffer = datagram.buffer();
        var peer = grant == null ? null : grant.peers.get(ChannelData.channel(buffer, 0));
        if (peer != null) {
            var payload = new byte[ChannelData.payloadLength(buffer, 0)];
            buffer.get(ChannelData.HEADER_LENGTH, payload);
            wire.send(grant.relayed, peer, payload);
        }
    }

    private void handleRequest(StunMessage request, Endpoint from, Wire wire) {
        var success =
                new StunWriter(MessageClass.SUCCESS, request.method(), request.transactionId());
        if (request.method() == StunMethods.BINDING) {
            bindings++;
            wire.send(server, from, success.xorMappedAddress(from).build());
            return;
        }
        String user = request.username().orElseThrow();
        byte[] key =
                TurnCredentials.longTermKey(user, TurnCredentials.REALM, "password of " + user);
        int error = error(request, from);
        if (error != 0) {
            var failure =
                    new StunWriter(MessageClass.ERROR, request.method(), request.transactionId());
            failure.errorCode(error, "no").realm(TurnCredentials.REALM).nonce("nonce");
            wire.send(server, from, failure.buildSigned(key));
            return;
        }
        wire.send(server, from, carryOut(request, from, success).buildSigned(key));
    }

    private int error(StunMessage request, Endpoint from) {
        if (request.nonce().isEmpty()) {
            return StunErrors.UNAUTHORIZED;
        }
        boolean isAllocate = request.method() == StunMethods.ALLOCATE;
        return byClient.containsKey(from) == isAllocate ? StunErrors.ALLOCATION_MISMATCH : 0;
    }

    private StunWriter carryOut(StunMessage request, Endpoint from, StunWriter success) {
        switch (request.method()) {
            case StunMethods.ALLOCATE -> {
                allocates++;
                var grant = new Grant(from, new Endpoint(server.address(), nextPort++));
                byClient.put(from, grant);
                byRelayed.put(grant.relayed, grant);
                success.xorRelayedAddress(grant.relayed).xorMappedAddress(from).lifetime(600);
            }
            case StunMethods.REFRESH -> {
                refreshes++;
                long lifetime = request.lifetimeSeconds().orElse(600);
                if (lifetime == 0) {
                    byRelayed.remove(byClient.remove(from).relayed);
                }
                success.lifetime(lifetime);
            }
            default -> {
                binds++;
                var grant = byClient.get(from);
                int channel = request.channelNumber().orElseThrow();
                var peer = request.xorPeerAddress().orElseThrow();
                grant.peers.put(channel, peer);
                grant.channels.put(peer, channel);
            }
        }
        return success;
    }
}
