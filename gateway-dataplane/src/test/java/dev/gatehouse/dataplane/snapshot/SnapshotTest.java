package dev.gatehouse.dataplane.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.rpc.Allocation;
import dev.gatehouse.rpc.Authorization;
import dev.gatehouse.rpc.CandidateKind;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.DnsMapping;
import dev.gatehouse.rpc.DnsMappingKey;
import dev.gatehouse.rpc.Filter;
import dev.gatehouse.rpc.IceCredentials;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.KeyPair;
import dev.gatehouse.rpc.NatSession;
import dev.gatehouse.rpc.Path;
import dev.gatehouse.rpc.Peer;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.RelayState;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.ShardPort;
import dev.gatehouse.rpc.Snapshot;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SnapshotTest {
    private static final KeyPair KEYS =
            KeyPair.newBuilder().setPrivateKey(ByteString.copyFrom(new byte[32])).build();
    private static final RelayState OTHER_RELAY =
            RelayState.newBuilder().setRelay(Relay.newBuilder().setId("other")).build();
    private static final long UNIX_NS = 1_790_000_000_000_000_000L;

    @Test
    void cutAndJoinedIsTheSame() {
        var whole = Snapshot.newBuilder().setUdpPort(7).setInterface(tunnel());
        for (int i = 0; i < 500; i++) {
            whole.addClients(client("client-" + i)).addAuthorizations(authorization("c" + i));
        }

        var parts = SnapshotParts.cut(whole.build(), 2000);

        assertThat(parts).hasSizeGreaterThan(20);
        assertThat(parts).allSatisfy(p -> assertThat(p.getSerializedSize()).isLessThan(2001));
        assertThat(SnapshotParts.join(parts)).isEqualTo(whole.build());
        assertThat(SnapshotParts.cut(Snapshot.getDefaultInstance(), 10)).hasSize(1);
    }

    @Test
    void laterPartReplacesTheElementOfTheSameId() {
        var first = Snapshot.newBuilder().addClients(client("a")).addClients(client("b")).build();
        var second = Snapshot.newBuilder().addClients(client("a").toBuilder().setIpv4("9")).build();

        var joined = SnapshotParts.join(List.of(first, second));

        assertThat(joined.getClientsList()).hasSize(2);
        assertThat(joined.getClients(0).getIpv4()).isEqualTo("9");
    }

    /// A revocation and a new grant between two deltas: the receiver has forgotten the client.
    @Test
    void clientThatWasAuthorizedAgainIsToldAsAWhole() {
        var same =
                Snapshot.newBuilder()
                        .setUdpPort(1)
                        .addClients(client("a"))
                        .addClients(client("b"))
                        .addPeers(Peer.newBuilder().setClientId("a"))
                        .addPeers(Peer.newBuilder().setClientId("b"))
                        .build();

        var delta = SnapshotDiff.between(same, same, Set.of("a", "new")).orElseThrow();

        assertThat(delta.getRemovedClientIdsList()).containsExactly("a");
        assertThat(delta.getChanged())
                .isEqualTo(
                        Snapshot.newBuilder()
                                .addClients(client("a"))
                                .addPeers(Peer.newBuilder().setClientId("a"))
                                .build());
    }

    @Test
    void deltaNamesWhatChangedAndWhatIsGone() {
        var before =
                Snapshot.newBuilder()
                        .setUdpPort(1)
                        .addClients(client("a"))
                        .addClients(client("b"))
                        .addPeers(Peer.newBuilder().setClientId("a"))
                        .build();
        var after =
                Snapshot.newBuilder()
                        .setUdpPort(2)
                        .addClients(client("b"))
                        .addClients(client("c"))
                        .build();

        var delta = SnapshotDiff.between(before, after).orElseThrow();

        assertThat(delta.getRemovedClientIdsList()).containsExactly("a");
        assertThat(delta.getRemovedPeerIdsList()).containsExactly("a");
        assertThat(delta.getChanged())
                .isEqualTo(Snapshot.newBuilder().setUdpPort(2).addClients(client("c")).build());
        assertThat(SnapshotDiff.between(after, after)).isEmpty();
    }

    @Test
    void connectivityComesBackAsItWas() {
        var message = Snapshot.newBuilder().addRelays(relay()).addPeers(peer()).build();

        var again = Snapshot.newBuilder();
        NodeCodec.encode(NodeCodec.decode(message, UNIX_NS), again);

        assertThat(again.build()).isEqualTo(message);
    }

    @Test
    void gatewayStateComesBackAsItWas() {
        var message =
                Snapshot.newBuilder()
                        .setInterface(tunnel())
                        .addClients(client("a"))
                        .addAuthorizations(authorization("a"))
                        .addDnsMappings(mapping())
                        .addNatSessions(natSession())
                        .build();
        var state = new GatewayState(GatewayLimits.defaults(), UNIX_NS, 1);
        state.restore(GatewayCodec.decode(message), 0);

        var again = Snapshot.newBuilder();
        GatewayCodec.encode(state.snapshot(), again);

        assertThat(again.build()).isEqualTo(message);
    }

    @Test
    void shardsResumeWhatTheyHad() {
        var first = full().toBuilder().setKeyPair(KEYS).build();
        var second =
                Snapshot.newBuilder()
                        .setKeyPair(KEYS)
                        .setInterface(tunnel())
                        .setUdpPort(52626)
                        .addRelays(OTHER_RELAY)
                        .addClients(client("b"))
                        .addPeers(peer().toBuilder().setClientId("b"))
                        .addAuthorizations(authorization("b"))
                        .build();
        var whole =
                SnapshotParts.join(
                        List.of(ShardSnapshots.label(first, 0), ShardSnapshots.label(second, 1)));

        assertThat(whole.getUdpPort()).isEqualTo(52625);
        assertThat(whole.getRelaysList()).as("the relay of each").hasSize(2);
        var again = whole.toBuilder().addRelays(OTHER_RELAY.toBuilder().setShard(0)).build();
        assertThat(ShardSnapshots.split(again, 2).get(0).getRelaysList()).hasSize(1);
        assertThat(SnapshotParts.join(SnapshotParts.cut(whole, 100))).isEqualTo(whole);
        assertThat(ShardSnapshots.split(whole, 2)).containsExactly(first, second);
    }

    @Test
    void oneShardSaysWhatItAlwaysSaid() {
        assertThat(ShardSnapshots.label(full(), 0)).isEqualTo(full());
        assertThat(ShardSnapshots.split(full(), 1)).containsExactly(full());
    }

    @Test
    void fewerShardsSpreadTheClientsOfThoseThatAreGone() {
        var whole = Snapshot.newBuilder().setUdpPort(1).addRelays(relay());
        whole.addRelays(relay().toBuilder().setShard(2));
        whole.addShardPorts(ShardPort.newBuilder().setShard(2).setUdpPort(3));
        for (int i = 0; i < 4; i++) {
            whole.addClients(client("new" + i).toBuilder().setShard(i == 0 ? -1 : 2));
            whole.addPeers(peer().toBuilder().setClientId("new" + i));
            whole.addAuthorizations(authorization("new" + i));
            whole.addNatSessions(natSession().toBuilder().setClientId("new" + i));
        }
        whole.addClients(client("old")).addPeers(peer().toBuilder().setClientId("old"));

        var parts = ShardSnapshots.split(whole.build(), 2);

        assertThat(ids(parts.get(0))).containsExactly("old", "new1", "new3");
        assertThat(ids(parts.get(1))).containsExactly("new0", "new2");
        assertThat(parts.get(0).getPeersList()).hasSize(1);
        assertThat(parts.get(0).getAuthorizationsList()).hasSize(2);
        assertThat(parts.get(0).getNatSessionsList())
                .extracting(NatSession::getClientId)
                .containsExactly("new1", "new3");
        assertThat(parts.get(0).getRelaysList()).containsExactly(relay());
        assertThat(parts.get(1).getPeersList()).as("their ports are gone").isEmpty();
        assertThat(parts.get(1).getRelaysList()).isEmpty();
        assertThat(parts.get(1).hasUdpPort()).isFalse();
    }

    @Test
    void moreShardsLeaveClientsWhereTheyAre() {
        var parts = ShardSnapshots.split(full(), 3);

        assertThat(parts.get(0)).isEqualTo(full());
        assertThat(parts.get(2).getInterface()).isEqualTo(tunnel());
        assertThat(ids(parts.get(2))).isEmpty();
    }

    private static List<String> ids(Snapshot part) {
        return part.getClientsList().stream().map(Client::getId).toList();
    }

    /// A message with one of everything.
    static Snapshot full() {
        return Snapshot.newBuilder()
                .setUdpPort(52625)
                .setInterface(tunnel())
                .addRelays(relay())
                .addPeers(peer())
                .addClients(client("a"))
                .addAuthorizations(authorization("a"))
                .addDnsMappings(mapping())
                .addNatSessions(natSession())
                .build();
    }

    private static Interface tunnel() {
        return Interface.newBuilder().setIpv4("100.64.0.1").setIpv6("fd00:2021:1111::1").build();
    }

    private static Client client(String id) {
        return Client.newBuilder()
                .setId(id)
                .setIpv4("100.64.0.2")
                .setIpv6("fd00:2021:1111::2")
                .build();
    }

    private static Authorization authorization(String clientId) {
        return Authorization.newBuilder()
                .setKey(GatewayCodec.key(clientId, "r"))
                .setExpiresAt(1_800_000_000)
                .setResource(
                        Resource.newBuilder()
                                .setId("r")
                                .setName("wiki")
                                .setType(Resource.Type.DNS)
                                .setAddress("*.example.com")
                                .addFilters(
                                        Filter.newBuilder()
                                                .setProtocol(Filter.Protocol.TCP)
                                                .setPortFirst(80)
                                                .setPortLast(443))
                                .addFilters(Filter.newBuilder().setProtocol(Filter.Protocol.ICMP)))
                .build();
    }

    private static DnsMapping mapping() {
        return DnsMapping.newBuilder()
                .setKey(
                        DnsMappingKey.newBuilder()
                                .setClientId("a")
                                .setResourceId("r")
                                .setDomain("wiki.example.com"))
                .addEntries(
                        DnsMapping.Entry.newBuilder().setProxy("100.96.0.1").setTarget("10.0.0.1"))
                .addEntries(DnsMapping.Entry.newBuilder().setProxy("fd00:2021:1111:8000::1"))
                .addResolved("10.0.0.1")
                .build();
    }

    private static NatSession natSession() {
        return NatSession.newBuilder()
                .setClientId("a")
                .setProtocol(6)
                .setProxy(ByteString.copyFrom(new byte[] {100, 96, 0, 1}))
                .setInsideId(4000)
                .setReal(ByteString.copyFrom(new byte[] {10, 0, 0, 1}))
                .setOutsideId(4001)
                .setAnswered(true)
                .setFinOutbound(true)
                .build();
    }

    private static RelayState relay() {
        return RelayState.newBuilder()
                .setRelay(
                        Relay.newBuilder()
                                .setId("relay")
                                .addAddresses("192.0.2.1:3478")
                                .setUsername("u")
                                .setPassword("p"))
                .setAllocation(
                        Allocation.newBuilder()
                                .setServer("192.0.2.1:3478")
                                .addRelayed("192.0.2.1:50000")
                                .setNonce("n")
                                .setExpiresAtUnixMs(UNIX_NS / 1_000_000 + 300_000)
                                .addChannels(
                                        Allocation.Channel.newBuilder()
                                                .setNumber(0x4000)
                                                .setPeer("198.51.100.1:52625")
                                                .setBoundAtUnixMs(UNIX_NS / 1_000_000 - 1000)))
                .build();
    }

    private static Peer peer() {
        var bytes = ByteString.copyFrom(new byte[32]);
        return Peer.newBuilder()
                .setClientId("a")
                .setPublicKey(bytes)
                .setPresharedKey(bytes)
                .setGatewayIce(IceCredentials.newBuilder().setUsername("gw").setPassword("secret"))
                .setClientIce(IceCredentials.newBuilder().setUsername("cl").setPassword("secret2"))
                .addRemoteCandidates(
                        "candidate:1f 1 udp 2130706431 198.51.100.1 52625 typ host ufrag cl")
                .addLocalCandidates(
                        "candidate:2f 1 udp 1694498815 203.0.113.5 52625 typ srflx raddr 0.0.0.0"
                                + " rport 0 ufrag gw")
                .addLocalBases("10.0.0.5:52625")
                .setPath(
                        Path.newBuilder()
                                .setLocal("10.0.0.5:52625")
                                .setRemote("198.51.100.1:52625")
                                .setLocalKind(CandidateKind.SERVER_REFLEXIVE)
                                .setRemoteKind(CandidateKind.HOST))
                .setLastTai64N(
                        ByteString.copyFrom(new byte[] {64, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}))
                .setConnectionId(77)
                .setRelayId("relay")
                .setTieBreaker(5)
                .setSessionNumber(3)
                .build();
    }
}
