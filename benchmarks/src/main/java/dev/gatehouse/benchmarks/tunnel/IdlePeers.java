package dev.gatehouse.benchmarks.tunnel;

import com.google.protobuf.ByteString;
import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.connectivity.NodeSnapshot;
import dev.gatehouse.connectivity.peer.PeerSnapshot;
import dev.gatehouse.ice.Candidate;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.ice.IceEvent;
import dev.gatehouse.ice.IceSnapshot;
import dev.gatehouse.ice.Role;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.CandidateKind;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.ConfigureRequest;
import dev.gatehouse.rpc.DataplaneGrpcClient;
import dev.gatehouse.rpc.EventsRequest;
import dev.gatehouse.rpc.HelloRequest;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.Peer;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.ResumeRequest;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.TunnelSnapshot;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.handshake.Tai64n;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Plays a control plane to a data plane and all of its clients, who are connected and send nothing
/// but what keeps them so. A program of its own, on the clients' machine.
final class IdlePeers {
    private static final int GATEWAY_PORT = 52_625;
    private static final int FIRST_PORT = 20_000;
    private static final int BUFFER_BYTES = 256 << 10;
    private static final long REPORT_NS = Duration.ofSeconds(10).toNanos();
    private static final int RESPONSE = 2; // first byte of an answered handshake of ours
    private static final int DATA = 4; // and of what follows one of the gateway

    /// A client: its own keys, state machines and socket.
    private record Member(Node node, UdpSocket socket) {}

    private final Endpoint gateway;
    private final IpAddress local;
    private final SecureRandom random = new SecureRandom();
    private final KeyPair gatewayKeys = KeyPair.generate(random);
    private final MonotonicClock clock = new MonotonicClock();
    private final Poller poller = new Poller();
    private final Aead aead = Aeads.choose(Optional.of("libcrypto"));
    private final List<Member> members = new ArrayList<>();
    private final boolean[] connected;
    private final Snapshot.Builder snapshot = Snapshot.newBuilder();
    private final DatagramBatch batch = UdpSocket.newBatch();

    private IdlePeers(IpAddress gateway, IpAddress local, int count) throws IOException {
        this.gateway = new Endpoint(gateway, GATEWAY_PORT);
        this.local = local;
        connected = new boolean[count];
        snapshot.setKeyPair(
                dev.gatehouse.rpc.KeyPair.newBuilder()
                        .setPrivateKey(ByteString.copyFrom(gatewayKeys.privateKey().toBytes()))
                        .setPublicKey(ByteString.copyFrom(gatewayKeys.publicKey().toBytes())));
        snapshot.setUdpPort(GATEWAY_PORT);
        for (int i = 0; i < count; i++) {
            members.add(member(i));
        }
    }

    /// Arguments: socket of the data plane, its address, ours, number of clients.
    public static void main(String[] arguments) throws IOException {
        var peers =
                new IdlePeers(
                        IpAddress.parse(arguments[1]),
                        IpAddress.parse(arguments[2]),
                        Integer.parseInt(arguments[3]));
        peers.handOver(arguments[0]);
        peers.run();
    }

    private Member member(int i) throws IOException {
        var keys = KeyPair.generate(random);
        var address = new Endpoint(local, FIRST_PORT + i);
        var node = new Node(NodeConfig.client(keys, aead, clock.unixOriginNs()), random);
        node.restore(new NodeSnapshot(clock.unixOriginNs(), List.of(), List.of(view(i))), 0);
        var id = "00000000-0000-4000-8000-%012d".formatted(i);
        snapshot.addClients(
                Client.newBuilder()
                        .setId(id)
                        .setIpv4("100.64.1." + (i + 1))
                        .setIpv6("fd00:2021:1111::1:%x".formatted(i + 1)));
        snapshot.addPeers(peer(i, id, keys));
        snapshot.addAuthorizationsBuilder()
                .setKey(AuthorizationKey.newBuilder().setClientId(id).setResourceId("net"))
                .setResource(
                        Resource.newBuilder()
                                .setId("net")
                                .setType(Resource.Type.CIDR)
                                .setName("net")
                                .setAddress("10.77.0.0/24"));
        var config =
                UdpConfig.server(address)
                        .withBuffers(BUFFER_BYTES, BUFFER_BYTES)
                        .withSendQueueBytes(BUFFER_BYTES);
        var socket = UdpSocket.open(config);
        poller.add(socket.fd());
        return new Member(node, socket);
    }

    /// The gateway as client number `i` sees it.
    private PeerSnapshot view(int i) {
        var address = new Endpoint(local, FIRST_PORT + i);
        return new PeerSnapshot(
                "gateway",
                gatewayKeys.publicKey(),
                new PresharedKey(new byte[PresharedKey.LENGTH]),
                i + 1,
                "",
                new IceSnapshot(
                        Role.CONTROLLING,
                        credentials("client", i),
                        credentials("gateway", i),
                        i,
                        List.of(Candidate.host(address)),
                        List.of(Candidate.host(gateway)),
                        Optional.of(
                                new IceEvent.Nominated(
                                        address,
                                        gateway,
                                        Candidate.Kind.HOST,
                                        Candidate.Kind.HOST))),
                new TunnelSnapshot(Tai64n.ZERO, Tai64n.ZERO, 0));
    }

    private Peer peer(int i, String id, KeyPair keys) {
        var address = new Endpoint(local, FIRST_PORT + i);
        var ours = credentials("gateway", i);
        var theirs = credentials("client", i);
        return Peer.newBuilder()
                .setClientId(id)
                .setPublicKey(ByteString.copyFrom(keys.publicKey().toBytes()))
                .setPresharedKey(ByteString.copyFrom(new byte[PresharedKey.LENGTH]))
                .setGatewayIce(message(ours))
                .setClientIce(message(theirs))
                .addRemoteCandidates(Candidate.host(address).toSdp(theirs.ufrag()))
                .addLocalCandidates(Candidate.host(gateway).toSdp(ours.ufrag()))
                .addLocalBases(gateway.toString())
                .setPath(
                        dev.gatehouse.rpc.Path.newBuilder()
                                .setLocal(gateway.toString())
                                .setRemote(address.toString())
                                .setLocalKind(CandidateKind.HOST)
                                .setRemoteKind(CandidateKind.HOST))
                .setTieBreaker(i)
                .setConnectionId(i + 1)
                .build();
    }

    private static IceCredentials credentials(String end, int i) {
        return new IceCredentials(end + i, "a-password-of-twenty-two");
    }

    private static dev.gatehouse.rpc.IceCredentials message(IceCredentials credentials) {
        return dev.gatehouse.rpc.IceCredentials.newBuilder()
                .setUsername(credentials.ufrag())
                .setPassword(credentials.password())
                .build();
    }

    /// As a control plane does for the successor of a data plane that died.
    private void handOver(String socket) {
        var vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        var dataplane =
                DataplaneGrpcClient.create(
                        GrpcClient.client(vertx), SocketAddress.domainSocketAddress(socket));
        long epoch =
                await(dataplane.hello(HelloRequest.newBuilder().setContractVersion(1).build()))
                        .getEpoch();
        var resume = ResumeRequest.newBuilder().setEpoch(epoch).setPart(snapshot).build();
        await(dataplane.resume((stream, _) -> stream.end(resume)));
        var tunnel = Interface.newBuilder().setIpv4("100.64.0.1").setIpv6("fd00:2021:1111::1");
        await(
                dataplane.configure(
                        ConfigureRequest.newBuilder()
                                .setEpoch(epoch)
                                .setInterface(tunnel)
                                .build()));
        await(dataplane.events(EventsRequest.newBuilder().setEpoch(epoch).build()))
                .handler(_ -> {});
    }

    private static <T> T await(Future<T> future) {
        return future.toCompletionStage().toCompletableFuture().join();
    }

    private void run() throws IOException {
        boolean told = false;
        long reportAtNs = clock.nowNs() + REPORT_NS;
        while (true) {
            long next = Node.NEVER;
            for (int i = 0; i < members.size(); i++) {
                next = Math.min(next, turn(i));
            }
            if (!told && allConnected()) {
                told = true;
                System.out.println("all connected");
            }
            if (!told && clock.nowNs() > reportAtNs) {
                reportAtNs += REPORT_NS;
                System.out.println(missing());
            }
            poller.poll(next == Node.NEVER ? Long.MAX_VALUE : next - clock.nowNs());
        }
    }

    /// Returns when the client has something to do by itself.
    private long turn(int i) throws IOException {
        var member = members.get(i);
        long nowNs = clock.nowNs();
        if (nowNs >= member.node.pollTimeout()) {
            member.node.handleTimeout(nowNs);
        }
        while (member.socket.receive(batch) > 0) {
            var packets = batch.packets();
            int first = packets.buffer().get(packets.offset(0));
            connected[i] |= first == DATA || first == RESPONSE;
            member.node.handleDatagrams(batch, (_, _, _, _, _) -> {}, nowNs);
            send(member);
        }
        send(member);
        while (member.node.pollEvent() != null) {
            // paths stay as they were handed over
        }
        return member.node.pollTimeout();
    }

    private static void send(Member member) throws IOException {
        for (var t = member.node.pollTransmit(); t != null; t = member.node.pollTransmit()) {
            member.socket.send(t);
        }
    }

    /// Why not all are connected, for whoever looks at the log.
    private String missing() {
        int count = 0;
        for (boolean one : connected) {
            count += one ? 1 : 0;
        }
        return "%d connected; first client: %s".formatted(count, members.getFirst().node.drops());
    }

    private boolean allConnected() {
        for (boolean one : connected) {
            if (!one) {
                return false;
            }
        }
        return true;
    }
}
