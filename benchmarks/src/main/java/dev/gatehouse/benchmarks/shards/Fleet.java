package dev.gatehouse.benchmarks.shards;

import com.google.protobuf.ByteString;
import dev.gatehouse.connectivity.NodeSnapshot;
import dev.gatehouse.connectivity.peer.PeerSnapshot;
import dev.gatehouse.ice.Candidate;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.ice.IceEvent;
import dev.gatehouse.ice.IceSnapshot;
import dev.gatehouse.ice.Role;
import dev.gatehouse.rpc.Authorization;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.CandidateKind;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.Path;
import dev.gatehouse.rpc.Peer;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.ShardPort;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.TunnelSnapshot;
import dev.gatehouse.wireguard.handshake.Tai64n;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Clients of one gateway that are connected already, as both ends were told by predecessors of
/// theirs: no relay and no portal is needed.
///
/// @param number of the gateway, from 1: part of its addresses and of its clients'
/// @param shards that its clients are spread over
record Fleet(int number, int shards, KeyPair gatewayKeys, List<Member> members) {
    private static final int GATEWAY_PORT = 52_625;
    private static final int CLIENT_PORT = 40_000;
    private static final String RESOURCE_ID = "33333333-3333-4333-8333-333333333333";

    /// One client.
    record Member(
            String id,
            int shard,
            KeyPair keys,
            IpAddress inside,
            Endpoint outside,
            Endpoint gateway,
            IceCredentials ice,
            IceCredentials gatewayIce) {
        /// Its own end.
        NodeSnapshot state(KeyPair gatewayKeys) {
            var own =
                    new IceSnapshot(
                            Role.CONTROLLING,
                            ice,
                            gatewayIce,
                            1,
                            List.of(Candidate.host(outside)),
                            List.of(Candidate.host(gateway)),
                            Optional.of(
                                    new IceEvent.Nominated(
                                            outside,
                                            gateway,
                                            Candidate.Kind.HOST,
                                            Candidate.Kind.HOST)));
            return new NodeSnapshot(
                    0,
                    List.of(),
                    List.of(
                            new PeerSnapshot(
                                    "gateway",
                                    gatewayKeys.publicKey(),
                                    new PresharedKey(new byte[PresharedKey.LENGTH]),
                                    1,
                                    "",
                                    own,
                                    new TunnelSnapshot(Tai64n.ZERO, Tai64n.ZERO, 0))));
        }
    }

    static Fleet of(int number, int shards, int clients) {
        var random = new SecureRandom();
        var members = new ArrayList<Member>();
        for (int i = 0; i < clients; i++) {
            int shard = i % shards;
            members.add(
                    new Member(
                            "22222222-2222-4222-8222-%04d%08d".formatted(number, i),
                            shard,
                            KeyPair.generate(random),
                            IpAddress.parse("100.64.%d.%d".formatted(number, i + 10)),
                            Endpoint.parse("10.99.0.10:" + (CLIENT_PORT + 1000 * number + i)),
                            Endpoint.parse(
                                    "10.99.0.%d:%d".formatted(19 + number, GATEWAY_PORT + shard)),
                            new IceCredentials("client" + i, "0123456789012345678901"),
                            new IceCredentials("gateway" + i, "1234567890123456789012")));
        }
        return new Fleet(number, shards, KeyPair.generate(random), members);
    }

    /// The gateway's end.
    Snapshot state() {
        var state = Snapshot.newBuilder().setUdpPort(GATEWAY_PORT);
        state.getKeyPairBuilder()
                .setPrivateKey(bytes(gatewayKeys.privateKey().toBytes()))
                .setPublicKey(bytes(gatewayKeys.publicKey().toBytes()));
        state.setInterface(
                Interface.newBuilder().setIpv4("100.64.0.1").setIpv6("fd00:2021:1111::1"));
        for (int i = 1; i < shards; i++) {
            state.addShardPorts(ShardPort.newBuilder().setShard(i).setUdpPort(GATEWAY_PORT + i));
        }
        for (int i = 0; i < members.size(); i++) {
            add(members.get(i), i, state);
        }
        return state.build();
    }

    private void add(Member member, int i, Snapshot.Builder state) {
        state.addClients(
                Client.newBuilder()
                        .setId(member.id)
                        .setIpv4(member.inside.toString())
                        .setIpv6("fd00:2021:1111::%x:%x".formatted(number, i + 10))
                        .setShard(member.shard));
        state.addAuthorizations(
                Authorization.newBuilder()
                        .setKey(
                                AuthorizationKey.newBuilder()
                                        .setClientId(member.id)
                                        .setResourceId(RESOURCE_ID))
                        .setResource(
                                Resource.newBuilder()
                                        .setId(RESOURCE_ID)
                                        .setType(Resource.Type.CIDR)
                                        .setName("net")
                                        .setAddress("10.77.0.0/24")));
        state.addPeers(
                Peer.newBuilder()
                        .setClientId(member.id)
                        .setPublicKey(bytes(member.keys.publicKey().toBytes()))
                        .setPresharedKey(bytes(new byte[PresharedKey.LENGTH]))
                        .setGatewayIce(credentials(member.gatewayIce))
                        .setClientIce(credentials(member.ice))
                        .setTieBreaker(2)
                        .setConnectionId(i + 1)
                        .addLocalCandidates(
                                Candidate.host(member.gateway).toSdp(member.gatewayIce.ufrag()))
                        .addLocalBases(member.gateway.toString())
                        .addRemoteCandidates(
                                Candidate.host(member.outside).toSdp(member.ice.ufrag()))
                        .setPath(
                                Path.newBuilder()
                                        .setLocal(member.gateway.toString())
                                        .setRemote(member.outside.toString())
                                        .setLocalKind(CandidateKind.HOST)
                                        .setRemoteKind(CandidateKind.HOST)));
    }

    private static dev.gatehouse.rpc.IceCredentials credentials(IceCredentials ice) {
        return dev.gatehouse.rpc.IceCredentials.newBuilder()
                .setUsername(ice.ufrag())
                .setPassword(ice.password())
                .build();
    }

    private static ByteString bytes(byte[] bytes) {
        return ByteString.copyFrom(bytes);
    }
}
