package dev.gatehouse.controlplane.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.message.GatewayToPortal;
import dev.gatehouse.channel.message.NoRelays;
import dev.gatehouse.channel.message.PortalToGateway;
import dev.gatehouse.channel.message.part.Candidates;
import dev.gatehouse.rpc.Authorization;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.AuthorizeReply;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.Delta;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.KeyPair;
import dev.gatehouse.rpc.LocalCandidates;
import dev.gatehouse.rpc.NatSession;
import dev.gatehouse.rpc.Peer;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.RelayState;
import dev.gatehouse.rpc.ShardPort;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.SnapshotChunk;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GatewayFlowTest {
    private static final String CLIENT = "6f0c5a52-6c0e-4f3f-9a57-0d5d7a1f7b11";
    private static final String RESOURCE = "0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    private static final String KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final long UNIX_ORIGIN_S = 1_800_000_000L;

    private final GatewayFlow flow = new GatewayFlow(Duration.ofSeconds(UNIX_ORIGIN_S).toNanos());

    @Test
    void aFreshDataPlaneResumesFromNothingAndThenTheGatewayLogsIn() {
        flow.handleDataplaneUp(1, false, 0);
        assertThat(actions()).containsExactly(new FlowAction.Resume(1, List.of()));
        flow.handleResumed();
        assertThat(actions()).containsExactly(new FlowAction.OpenEvents(1));

        flow.handleDataplaneEvent(snapshot(1, held()), 0);

        assertThat(actions()).containsExactly(new FlowAction.LogIn(KEY));
    }

    @Test
    void aNewControlPlaneLearnsEverythingAndKeepsThePublicKey() {
        flow.handleDataplaneUp(1, true, 0);
        flow.handleDataplaneEvent(snapshot(1, held()), 0);

        assertThat(actions())
                .containsExactly(new FlowAction.OpenEvents(1), new FlowAction.LogIn(KEY));
        assertThat(flow.status().authorizations()).isEqualTo(1);
    }

    @Test
    void aSuccessorGetsTheSnapshotAndTheWantedStateAgain() {
        up(1);
        flow.handlePortalMessage(init("[" + authorization(RESOURCE, "null") + "]"), 0);
        finishAll();

        flow.handleDataplaneDown();
        flow.handleDataplaneUp(2, false, 0);
        var resume = (FlowAction.Resume) actions().getFirst();
        assertThat(resume.parts()).containsExactly(held());
        flow.handleResumed();
        flow.handleDataplaneEvent(snapshot(2, held()), 0);

        assertThat(finishAll())
                .hasExactlyElementsOfTypes(Command.Configure.class, Command.UpdateRelays.class);
    }

    @Test
    void theCommandInFlightIsSentAgainToASuccessor() {
        up(1);
        flow.handlePortalMessage(authorizeFlow("a"), 0);
        assertThat(actions()).hasSize(1);

        flow.handleDataplaneDown();
        flow.handleDataplaneUp(2, true, SECOND);
        flow.handleDataplaneEvent(snapshot(2, held()), SECOND);

        assertThat(finishAll())
                .hasExactlyElementsOfTypes(Command.UpdateRelays.class, Command.Authorize.class);
    }

    @Test
    void anAuthorizationThatWaitedTooLongIsNotSentAnyMore() {
        flow.handlePortalMessage(authorizeFlow("a"), 0);
        flow.handleDataplaneUp(1, true, 16 * SECOND);
        actions();

        flow.handleDataplaneEvent(snapshot(1, held()), 16 * SECOND);

        assertThat(actions()).containsExactly(new FlowAction.LogIn(KEY));
    }

    @Test
    void theAnswerGoesOutBeforeAnyCandidateOfThatClient() {
        up(1);
        flow.handlePortalMessage(authorizeFlow("a"), 0);
        actions();
        flow.handleDataplaneEvent(candidates("candidate:1"), 0);
        flow.handleTimeout(SECOND);
        assertThat(actions()).isEmpty();

        flow.handleDataplaneEvent(candidates("candidate:2"), SECOND);
        var created = new CommandResult.Authorized(AuthorizeReply.Outcome.CREATED);
        flow.handleCommandDone(created, SECOND);
        flow.handleTimeout(2 * SECOND);

        assertThat(sent()).hasSize(2).first().isEqualTo(new GatewayToPortal.FlowAuthorized("a"));
    }

    @Test
    void candidatesOfOneBatchShareAMessage() {
        up(1);
        flow.handleDataplaneEvent(candidates("candidate:1 1 udp 37748479"), 0);
        flow.handleDataplaneEvent(candidates("candidate:2 1 udp 2130706175"), 1);
        flow.handleTimeout(flow.pollTimeout());

        assertThat(sent())
                .singleElement()
                .isInstanceOfSatisfying(
                        GatewayToPortal.AddCandidates.class,
                        message ->
                                assertThat(message.candidates().candidates())
                                        .containsExactly(
                                                "candidate:2 1 udp 2130706175",
                                                "candidate:1 1 udp 37748479"));
    }

    @Test
    void candidateThatCameAndWentIsOnlyTakenBack() {
        up(1);
        flow.handleDataplaneEvent(candidates("candidate:1"), 0);
        var gone =
                LocalCandidates.newBuilder()
                        .setClientId(CLIENT)
                        .addAdded("candidate:2")
                        .addRemoved("candidate:1");
        flow.handleDataplaneEvent(Event.newBuilder().setLocalCandidates(gone).build(), 1);
        flow.handleTimeout(flow.pollTimeout());

        assertThat(sent())
                .containsExactly(
                        new GatewayToPortal.AddCandidates(
                                Candidates.of(CLIENT, List.of("candidate:2"))),
                        new GatewayToPortal.RemoveCandidates(
                                Candidates.of(CLIENT, List.of("candidate:1"))));
    }

    @Test
    void candidatesFoundWhileOfflineFollowTheNextJoin() {
        up(1);
        flow.handlePortalDown();
        flow.handleDataplaneEvent(candidates("candidate:1"), 0);
        flow.handleTimeout(SECOND);
        assertThat(sent()).isEmpty();

        flow.handlePortalJoined(5 * SECOND);
        flow.handleTimeout(5 * SECOND);

        assertThat(sent()).hasSize(1);
    }

    @Test
    void withoutARelayItAsksForOneAndReconnectsIfNoneComes() {
        up(1);
        flow.handlePortalMessage(authorizeFlow("a"), 0);
        actions();
        flow.handleCommandDone(new CommandResult.Authorized(AuthorizeReply.Outcome.NO_RELAYS), 0);
        assertThat(sent()).containsExactly(new NoRelays());

        flow.handleTimeout(2 * SECOND);

        assertThat(actions()).hasExactlyElementsOfTypes(FlowAction.ReconnectPortal.class);
    }

    @Test
    void whatFoundNoRelayIsTriedAgainWhenOneComes() {
        up(1);
        flow.handlePortalMessage(authorizeFlow("a"), 0);
        flow.handleCommandDone(new CommandResult.Authorized(AuthorizeReply.Outcome.NO_RELAYS), 0);
        actions();

        flow.handlePortalMessage(relaysPresence(), 3 * SECOND);

        assertThat(finishAll())
                .hasExactlyElementsOfTypes(Command.UpdateRelays.class, Command.Authorize.class);
        assertThat(flow.status().commandsWaiting()).isZero();
    }

    @Test
    void whatFoundNoRelayIsNotTriedAgainWhenThePortalNoLongerWaits() {
        up(1);
        flow.handlePortalMessage(authorizeFlow("late"), 0);
        flow.handleCommandDone(new CommandResult.Authorized(AuthorizeReply.Outcome.NO_RELAYS), 0);
        actions();
        flow.handlePortalMessage(relaysPresence(), 16 * SECOND);
        assertThat(finishAll()).hasExactlyElementsOfTypes(Command.UpdateRelays.class);

        flow.handlePortalMessage(authorizeFlow("of another connection"), 20 * SECOND);
        flow.handleCommandDone(
                new CommandResult.Authorized(AuthorizeReply.Outcome.NO_RELAYS), 20 * SECOND);
        actions();
        flow.handlePortalDown();
        flow.handlePortalJoined(21 * SECOND);
        flow.handlePortalMessage(relaysPresence(), 21 * SECOND);
        assertThat(finishAll()).hasExactlyElementsOfTypes(Command.UpdateRelays.class);
    }

    @Test
    void initPrunesOfAllClientsWhatItDoesNotList() {
        up(1);
        flow.handlePortalMessage(init("[]"), 0);

        assertThat(flow.status().authorizations()).isZero();
        assertThat(flow.status().clients()).isZero();
        assertThat(finishAll())
                .hasExactlyElementsOfTypes(
                        Command.UpdateRelays.class,
                        Command.Configure.class,
                        Command.Reconcile.class);
    }

    @Test
    void whatWasRevokedOrExpiredIsNeverHandedOn() {
        up(1);
        flow.handlePortalMessage(
                new PortalToGateway.ExpiryUpdated(CLIENT, RESOURCE, UNIX_ORIGIN_S + 10), 0);
        finishAll();
        flow.handleDataplaneDown();

        flow.handleDataplaneUp(2, false, 11 * SECOND);

        var resume = (FlowAction.Resume) actions().getFirst();
        assertThat(resume.parts().getFirst().getAuthorizationsList()).isEmpty();
    }

    @Test
    void deltasReplaceAndRemoveWhatIsHeld() {
        up(1);
        var removed = Delta.newBuilder().addRemovedClientIds(CLIENT);
        flow.handleDataplaneEvent(Event.newBuilder().setEpoch(1).setDelta(removed).build(), 0);

        assertThat(flow.status().clients()).isZero();
        assertThat(flow.status().authorizations()).isZero();
    }

    @Test
    void aRelayIsHeldForEachShardAndAPortForEachButTheFirst() {
        var store = new SnapshotStore();
        store.handleChunk(
                chunk(
                        held().toBuilder()
                                .addShardPorts(ShardPort.newBuilder().setShard(1).setUdpPort(2))
                                .addRelays(relay(0))
                                .addRelays(relay(1))
                                .build()));
        assertThat(store.toParts().getFirst().getRelaysList()).hasSize(2);

        store.handleDelta(
                Delta.newBuilder()
                        .setShard(1)
                        .addRemovedRelayIds("relay")
                        .setChanged(
                                Snapshot.newBuilder()
                                        .addShardPorts(
                                                ShardPort.newBuilder().setShard(1).setUdpPort(3)))
                        .build());

        var held = store.toParts().getFirst();
        assertThat(held.getRelaysList()).containsExactly(relay(0));
        assertThat(held.getShardPortsList()).extracting(ShardPort::getUdpPort).containsExactly(3);
    }

    /// The shard that a client has left tells later than the one that it came to.
    @Test
    void aShardTakesNothingFromAClientOfAnother() {
        var store = new SnapshotStore();
        store.handleChunk(chunk(held()));
        var moved = held().toBuilder();
        moved.getClientsBuilder(0).setShard(1);
        var peer = Peer.newBuilder().setClientId(CLIENT);
        store.handleDelta(Delta.newBuilder().setShard(1).setChanged(moved.addPeers(peer)).build());
        var key = held().getAuthorizations(0).getKey();

        store.handleDelta(
                Delta.newBuilder()
                        .addRemovedPeerIds(CLIENT)
                        .addRemovedAuthorizations(key)
                        .addRemovedClientIds(CLIENT)
                        .build());

        var held = store.toParts().getFirst();
        assertThat(held.getClientsList()).hasSize(1);
        assertThat(held.getPeersList()).hasSize(1);
        assertThat(held.getAuthorizationsList()).hasSize(1);

        store.handleDelta(Delta.newBuilder().setShard(1).addRemovedClientIds(CLIENT).build());
        assertThat(store.toParts().getFirst().getPeersList()).isEmpty();
    }

    private static RelayState relay(int shard) {
        return RelayState.newBuilder()
                .setRelay(Relay.newBuilder().setId("relay"))
                .setShard(shard)
                .build();
    }

    @Test
    void largeSnapshotsAreCutIntoParts() {
        var store = new SnapshotStore();
        var whole = held().toBuilder();
        for (int i = 0; i < 5_000; i++) {
            whole.addClients(
                    Client.newBuilder().setId("client-%d".formatted(i)).setIpv4("x".repeat(50)));
        }
        store.handleChunk(chunk(whole.build()));

        var parts = store.toParts();

        assertThat(parts)
                .hasSizeGreaterThan(2)
                .allSatisfy(part -> assertThat(part.getSerializedSize()).isLessThan(200_000));
        assertThat(parts.stream().mapToInt(Snapshot::getClientsCount).sum()).isEqualTo(5_001);
    }

    @Test
    void translationsAreHeldUntilTheyEndOrTheirClientGoesOrMoves() {
        var store = new SnapshotStore();
        store.handleChunk(chunk(held()));
        store.handleDelta(translations(1, 2, 3));
        assertThat(translations(store)).containsExactly(1, 2, 3);

        store.handleDelta(Delta.newBuilder().addRemovedNatSessions(translation(CLIENT, 2)).build());
        store.handleDelta(
                Delta.newBuilder()
                        .setShard(1) // which does not serve it
                        .addRemovedNatSessions(translation(CLIENT, 3))
                        .build());
        assertThat(translations(store)).containsExactly(1, 3);

        var moved = held().toBuilder();
        moved.getClientsBuilder(0).setShard(1);
        store.handleDelta(Delta.newBuilder().setShard(1).setChanged(moved).build());
        assertThat(translations(store)).isEmpty();

        store.handleDelta(translations(4));
        assertThat(translations(store)).containsExactly(4);
        store.removeAuthorization(held().getAuthorizations(0).getKey());
        store.handleDelta(translations(5)); // was under way
        assertThat(translations(store)).isEmpty();
    }

    private static Delta translations(int... ports) {
        var delta = Delta.newBuilder();
        for (int port : ports) {
            delta.getChangedBuilder().addNatSessions(translation(CLIENT, port));
        }
        return delta.build();
    }

    private static NatSession translation(String client, int port) {
        return NatSession.newBuilder()
                .setClientId(client)
                .setProtocol(6)
                .setProxy(ByteString.copyFrom(new byte[] {100, 96, 0, 1}))
                .setInsideId(port)
                .build();
    }

    private static List<Integer> translations(SnapshotStore store) {
        return store.toParts().stream()
                .flatMap(part -> part.getNatSessionsList().stream())
                .map(NatSession::getInsideId)
                .toList();
    }

    private void up(long epoch) {
        flow.handleDataplaneUp(epoch, true, 0);
        flow.handleDataplaneEvent(snapshot(epoch, held()), 0);
        flow.handlePortalJoined(0);
        actions();
    }

    private List<FlowAction> actions() {
        var all = new ArrayList<FlowAction>();
        for (var action = flow.pollAction(); action != null; action = flow.pollAction()) {
            all.add(action);
        }
        return all;
    }

    private List<GatewayToPortal> sent() {
        return actions().stream()
                .filter(FlowAction.SendToPortal.class::isInstance)
                .map(action -> ((FlowAction.SendToPortal) action).message())
                .toList();
    }

    /// Lets every command succeed and returns them in order.
    private List<Command> finishAll() {
        var all = new ArrayList<Command>();
        for (var action = flow.pollAction(); action != null; action = flow.pollAction()) {
            if (action instanceof FlowAction.Execute(_, var command)) {
                all.add(command);
                flow.handleCommandDone(new CommandResult.Done(), 0);
            }
        }
        return all;
    }

    private static Snapshot held() {
        var publicKey = ByteString.copyFrom(java.util.Base64.getDecoder().decode(KEY));
        return Snapshot.newBuilder()
                .setKeyPair(KeyPair.newBuilder().setPublicKey(publicKey))
                .addClients(Client.newBuilder().setId(CLIENT))
                .addAuthorizations(
                        Authorization.newBuilder()
                                .setKey(
                                        AuthorizationKey.newBuilder()
                                                .setClientId(CLIENT)
                                                .setResourceId(RESOURCE)))
                .build();
    }

    private static SnapshotChunk chunk(Snapshot part) {
        return SnapshotChunk.newBuilder().setFirst(true).setLast(true).setPart(part).build();
    }

    private static Event snapshot(long epoch, Snapshot part) {
        return Event.newBuilder().setEpoch(epoch).setSnapshot(chunk(part)).build();
    }

    private static Event candidates(String line) {
        var candidates = LocalCandidates.newBuilder().setClientId(CLIENT).addAdded(line);
        return Event.newBuilder().setEpoch(1).setLocalCandidates(candidates).build();
    }

    private static String authorization(String resource, String expiresAt) {
        return "{\"client_id\":\"%s\",\"resource_id\":\"%s\",\"expires_at\":%s}"
                .formatted(CLIENT, resource, expiresAt);
    }

    private static PortalToGateway init(String authorizations) {
        return decode(
                "init",
                """
                {"interface":{"ipv4":"100.70.12.34","ipv6":"fd00:2021:1111::1a:2b3c"},
                "config":{"ipv4_masquerade_enabled":true,"ipv6_masquerade_enabled":true},
                "relays":[],"authorizations":%s}"""
                        .formatted(authorizations));
    }

    private static PortalToGateway relaysPresence() {
        return decode(
                "relays_presence",
                """
                {"disconnected_ids":[],"connected":[{"type":"turn","id":"%s",
                "addr":"192.0.2.3:3478","username":"2145916800:x","password":"y",
                "expires_at":2145916800}]}
                """
                        .formatted("9d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f09"));
    }

    private static PortalToGateway authorizeFlow(String ref) {
        return decode(
                "authorize_flow",
                """
                {"ref":"%s","resource":{"type":"internet","id":"%s"},
                "client":{"id":"%s","public_key":"%s","preshared_key":"%s",
                "ipv4":"100.80.1.2","ipv6":"fd00:2021:1111::2:9"},
                "client_ice_credentials":{"username":"vjpy","password":"r35gnid22w5fy5fpjtfphb"},
                "gateway_ice_credentials":{"username":"plja","password":"lhndt77zrilbrr6ubzeria"},
                "expires_at":null}"""
                        .formatted(ref, RESOURCE, CLIENT, KEY, KEY));
    }

    private static PortalToGateway decode(String event, String payload) {
        try {
            return PortalToGateway.decode(event, Json.MAPPER.readTree(payload));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
