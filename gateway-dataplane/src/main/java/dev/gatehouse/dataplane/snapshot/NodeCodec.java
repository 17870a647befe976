package dev.gatehouse.dataplane.snapshot;

import com.google.protobuf.ByteString;
import dev.gatehouse.connectivity.NodeSnapshot;
import dev.gatehouse.connectivity.peer.PeerSnapshot;
import dev.gatehouse.ice.Candidate;
import dev.gatehouse.ice.IceCredentials;
import dev.gatehouse.ice.IceEvent;
import dev.gatehouse.ice.IceSnapshot;
import dev.gatehouse.ice.Role;
import dev.gatehouse.rpc.Allocation;
import dev.gatehouse.rpc.CandidateKind;
import dev.gatehouse.rpc.Path;
import dev.gatehouse.rpc.Peer;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.RelayState;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.turn.RelaySnapshot;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wireguard.TunnelSnapshot;
import dev.gatehouse.wireguard.handshake.Tai64n;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PrivateKey;
import dev.gatehouse.wireguard.key.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Connectivity's state in the words of the contract, and back. What is malformed is an
/// [IllegalArgumentException].
public final class NodeCodec {
    private static final long NS_PER_MS = 1_000_000;

    private NodeCodec() {}

    public static KeyPair keyPair(dev.gatehouse.rpc.KeyPair message) {
        return KeyPair.of(new PrivateKey(message.getPrivateKey().toByteArray()));
    }

    public static dev.gatehouse.rpc.KeyPair encode(KeyPair keys) {
        return dev.gatehouse.rpc.KeyPair.newBuilder()
                .setPrivateKey(ByteString.copyFrom(keys.privateKey().toBytes()))
                .setPublicKey(ByteString.copyFrom(keys.publicKey().toBytes()))
                .build();
    }

    public static RelayInfo relay(Relay message) {
        return new RelayInfo(
                message.getId(),
                endpoints(message.getAddressesList()),
                message.getUsername(),
                message.getPassword());
    }

    public static IceCredentials credentials(dev.gatehouse.rpc.IceCredentials message) {
        return new IceCredentials(message.getUsername(), message.getPassword());
    }

    private static List<Endpoint> endpoints(List<String> texts) {
        return texts.stream().map(Endpoint::parse).toList();
    }

    public static void encode(NodeSnapshot node, Snapshot.Builder into) {
        node.relays().forEach(r -> into.addRelays(encode(r, node.takenAtUnixNs())));
        node.peers().forEach(p -> into.addPeers(encode(p)));
    }

    private static RelayState encode(RelaySnapshot state, long unixNs) {
        var relay = state.relay();
        var message = RelayState.newBuilder();
        message.getRelayBuilder()
                .setId(relay.id())
                .addAllAddresses(relay.addresses().stream().map(Endpoint::toString).toList())
                .setUsername(relay.username())
                .setPassword(relay.password());
        if (state.nonce().isEmpty() && state.grant().isEmpty()) {
            return message.build();
        }
        var allocation = message.getAllocationBuilder().setNonce(state.nonce().orElse(""));
        if (state.grant().isPresent()) {
            encode(state.grant().get(), unixNs, allocation);
        }
        return message.build();
    }

    private static void encode(RelaySnapshot.Grant grant, long unixNs, Allocation.Builder into) {
        into.setServer(grant.server().toString());
        into.addAllRelayed(grant.relayed().stream().map(Endpoint::toString).toList());
        into.setExpiresAtUnixMs((unixNs + grant.lifetimeLeftNs()) / NS_PER_MS);
        for (var channel : grant.channels()) {
            into.addChannelsBuilder()
                    .setNumber(channel.number())
                    .setPeer(channel.peer().toString())
                    .setBoundAtUnixMs((unixNs - channel.ageNs()) / NS_PER_MS);
        }
    }

    private static Peer encode(PeerSnapshot peer) {
        var ice = peer.ice();
        String localUfrag = ice.localCredentials().ufrag();
        String remoteUfrag = ice.remoteCredentials().ufrag();
        var message =
                Peer.newBuilder()
                        .setClientId(peer.peerId())
                        .setPublicKey(ByteString.copyFrom(peer.key().toBytes()))
                        .setPresharedKey(ByteString.copyFrom(peer.psk().toBytes()))
                        .setGatewayIce(encode(ice.localCredentials()))
                        .setClientIce(encode(ice.remoteCredentials()))
                        .setTieBreaker(ice.tieBreaker())
                        .setConnectionId(peer.connectionId())
                        .setRelayId(peer.relayId())
                        .setLastTai64N(encode(peer.tunnel().received()))
                        .setLastSentTai64N(encode(peer.tunnel().sent()))
                        .setSessionNumber(peer.tunnel().sessionNumber());
        ice.remoteCandidates().forEach(c -> message.addRemoteCandidates(c.toSdp(remoteUfrag)));
        for (var local : ice.localCandidates()) {
            message.addLocalCandidates(local.toSdp(localUfrag));
            message.addLocalBases(local.base().toString());
        }
        ice.nominated().ifPresent(path -> message.setPath(encode(path)));
        return message.build();
    }

    private static dev.gatehouse.rpc.IceCredentials encode(IceCredentials credentials) {
        return dev.gatehouse.rpc.IceCredentials.newBuilder()
                .setUsername(credentials.ufrag())
                .setPassword(credentials.password())
                .build();
    }

    private static ByteString encode(Tai64n stamp) {
        return stamp.equals(Tai64n.ZERO) ? ByteString.EMPTY : ByteString.copyFrom(stamp.toBytes());
    }

    private static Path encode(IceEvent.Nominated path) {
        return Path.newBuilder()
                .setLocal(path.local().toString())
                .setRemote(path.remote().toString())
                .setLocalKind(encode(path.localKind()))
                .setRemoteKind(encode(path.remoteKind()))
                .build();
    }

    private static CandidateKind encode(Candidate.Kind kind) {
        return switch (kind) {
            case HOST -> CandidateKind.HOST;
            case PEER_REFLEXIVE -> CandidateKind.PEER_REFLEXIVE;
            case SERVER_REFLEXIVE -> CandidateKind.SERVER_REFLEXIVE;
            case RELAYED -> CandidateKind.RELAYED;
        };
    }

    /// @param unixNs the current time: what remains of lifetimes counts from it
    public static NodeSnapshot decode(Snapshot message, long unixNs) {
        return new NodeSnapshot(
                unixNs,
                message.getRelaysList().stream().map(r -> decode(r, unixNs)).toList(),
                message.getPeersList().stream().map(NodeCodec::decode).toList());
    }

    private static RelaySnapshot decode(RelayState message, long unixNs) {
        var allocation = message.getAllocation();
        return new RelaySnapshot(
                relay(message.getRelay()),
                Optional.of(allocation.getNonce()).filter(nonce -> !nonce.isEmpty()),
                allocation.getServer().isEmpty()
                        ? Optional.empty()
                        : Optional.of(decode(allocation, unixNs)));
    }

    private static RelaySnapshot.Grant decode(Allocation allocation, long unixNs) {
        var channels =
                allocation.getChannelsList().stream()
                        .map(
                                c ->
                                        new RelaySnapshot.ChannelSnapshot(
                                                c.getNumber(),
                                                Endpoint.parse(c.getPeer()),
                                                unixNs - c.getBoundAtUnixMs() * NS_PER_MS))
                        .toList();
        return new RelaySnapshot.Grant(
                Endpoint.parse(allocation.getServer()),
                endpoints(allocation.getRelayedList()),
                allocation.getExpiresAtUnixMs() * NS_PER_MS - unixNs,
                channels);
    }

    private static PeerSnapshot decode(Peer message) {
        var ice =
                new IceSnapshot(
                        Role.CONTROLLED,
                        credentials(message.getGatewayIce()),
                        credentials(message.getClientIce()),
                        message.getTieBreaker(),
                        localCandidates(message),
                        message.getRemoteCandidatesList().stream()
                                .map(NodeCodec::candidate)
                                .toList(),
                        message.hasPath()
                                ? Optional.of(decode(message.getPath()))
                                : Optional.empty());
        var tunnel =
                new TunnelSnapshot(
                        stamp(message.getLastTai64N()),
                        stamp(message.getLastSentTai64N()),
                        message.getSessionNumber());
        return new PeerSnapshot(
                message.getClientId(),
                new PublicKey(message.getPublicKey().toByteArray()),
                new PresharedKey(message.getPresharedKey().toByteArray()),
                message.getConnectionId(),
                message.getRelayId(),
                ice,
                tunnel);
    }

    /// The text of a candidate blanks what it was derived from, so that travels apart.
    private static List<Candidate> localCandidates(Peer message) {
        var candidates = new ArrayList<Candidate>();
        for (int i = 0; i < message.getLocalCandidatesCount(); i++) {
            var candidate = candidate(message.getLocalCandidates(i));
            var base =
                    i < message.getLocalBasesCount()
                            ? Endpoint.parse(message.getLocalBases(i))
                            : candidate.base();
            candidates.add(
                    new Candidate(
                            candidate.kind(),
                            candidate.address(),
                            base,
                            candidate.priority(),
                            candidate.foundation(),
                            Optional.empty()));
        }
        return candidates;
    }

    private static Candidate candidate(String text) {
        return Candidate.parse(text)
                .orElseThrow(() -> new IllegalArgumentException("not a candidate"));
    }

    private static Tai64n stamp(ByteString bytes) {
        return bytes.isEmpty() ? Tai64n.ZERO : Tai64n.ofBytes(bytes.toByteArray());
    }

    private static IceEvent.Nominated decode(Path path) {
        return new IceEvent.Nominated(
                Endpoint.parse(path.getLocal()),
                Endpoint.parse(path.getRemote()),
                decode(path.getLocalKind()),
                decode(path.getRemoteKind()));
    }

    private static Candidate.Kind decode(CandidateKind kind) {
        return switch (kind) {
            case HOST -> Candidate.Kind.HOST;
            case PEER_REFLEXIVE -> Candidate.Kind.PEER_REFLEXIVE;
            case SERVER_REFLEXIVE -> Candidate.Kind.SERVER_REFLEXIVE;
            case RELAYED -> Candidate.Kind.RELAYED;
            case CANDIDATE_KIND_UNSPECIFIED, UNRECOGNIZED ->
                    throw new IllegalArgumentException("kind of a candidate is missing");
        };
    }
}
