package dev.gatehouse.controlplane.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.gatehouse.channel.message.GatewayToPortal;
import dev.gatehouse.channel.message.PortalToGateway;
import dev.gatehouse.channel.message.part.Candidates;
import dev.gatehouse.rpc.Authorization;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.AuthorizeRequest;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.DnsMapping;
import dev.gatehouse.rpc.DnsMappingKey;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.KeyPair;
import dev.gatehouse.rpc.LocalCandidates;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.RejectRequest;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.RemoteCandidatesRequest;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.rpc.SnapshotChunk;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import dev.gatehouse.testkit.TimeGrowth;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/// What portal, clients and data plane say costs the same however much is held or waits, and
/// nothing that takes access away is lost behind what repeats itself.
class FlowComplexityTest {
    private static final String RESOURCE = "0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01";
    private static final int FACTOR = 8;
    private static final int ROUNDS = 40;
    private static final int STEPS = 12; // in all rounds fewer than the least that is held
    private static final double TIME_RATIO_MAX = 4; // what is not constant costs eight times

    private final CommandQueue queue = new CommandQueue();

    @Test
    void floodOfCandidatesLeavesNoRevocationOut() {
        for (int i = 0; i < 10_000; i++) {
            queue.add(waiting(candidates("noisy", "candidate:" + i)));
            if (i % 10 == 0) {
                queue.add(waiting(reject("c" + i)));
            }
        }
        queue.add(waiting(candidates("other", "candidate:1")));

        var all = drain();

        assertThat(all.subList(0, 1_000)).hasOnlyElementsOfType(Command.Reject.class);
        assertThat(all).hasSize(1_000 + CommandQueue.CANDIDATES_PER_CLIENT_MAX + 1);
        assertThat(all.getLast()).isEqualTo(candidates("other", "candidate:1"));
        long refused = 10_000 - CommandQueue.CANDIDATES_PER_CLIENT_MAX;
        assertThat(queue.dropped()).isEqualTo(refused);
        assertThat(queue.size()).isZero();
    }

    @Test
    void floodOfAuthorizationsLeavesRoomForOtherClients() {
        for (int i = 0; i < 10_000; i++) {
            queue.add(waiting(authorize("noisy", "n" + i)));
        }
        queue.add(waiting(authorize("other", "o")));
        assertThat(queue.isAuthorizing("other")).isTrue();

        var all = drain();

        assertThat(all).hasSize(CommandQueue.AUTHORIZATIONS_PER_CLIENT_MAX + 1);
        assertThat(all.getLast()).isEqualTo(authorize("other", "o"));
        assertThat(queue.isAuthorizing("other")).isFalse();
        assertThat(queue.isAuthorizing("noisy")).isFalse();
    }

    /// A thousand clients with a hundred resources each are not refused while they come back.
    @Test
    void honestClientsMeetNoLimit() {
        for (int resource = 0; resource < 50; resource++) {
            for (int client = 0; client < 1_000; client++) {
                queue.add(waiting(authorize("c" + client, client + "/" + resource)));
                if (resource < 10) {
                    queue.add(waiting(candidates("c" + client, "candidate:" + resource)));
                }
            }
        }

        assertThat(queue.dropped()).isZero();
        assertThat(drain()).hasSize(60_000);
    }

    @Test
    void newerStateReplacesWhatWaitsForTheSame() {
        queue.add(waiting(relays(List.of("a"), "b", "c")));
        queue.add(waiting(reject("x")));
        queue.add(waiting(authorize("x", "1")));
        queue.add(waiting(reject("x")));
        queue.add(waiting(relays(List.of("b"), "d")));
        queue.addFirst(waiting(relays(List.of(), "b", "c")));

        assertThat(drain())
                .containsExactly(
                        relays(List.of("a", "b"), "c", "d"), authorize("x", "1"), reject("x"));
    }

    @Test
    void revocationCostsTheSameHoweverMuchIsHeld() {
        assertConstantTime(
                500,
                n -> {
                    var store = store(n);
                    return i -> store.removeAuthorization(key("c" + i % n));
                });
    }

    @Test
    void candidatesGoOutAtTheSameCostHoweverManyCommandsWait() {
        assertConstantTime(
                500,
                n -> {
                    var flow = new GatewayFlow(0);
                    flow.handleDataplaneUp(1, true, 0);
                    flow.handlePortalJoined(0);
                    var whole = chunk(Snapshot.getDefaultInstance());
                    flow.handleDataplaneEvent(event().setSnapshot(whole).build(), 0);
                    for (int i = 0; i < n; i++) {
                        String id = uuid(i);
                        flow.handlePortalMessage(
                                new PortalToGateway.AddCandidates(
                                        Candidates.of(id, List.of("candidate:1"))),
                                0);
                    }
                    while (flow.pollAction() != null) {}
                    return i -> {
                        var local =
                                LocalCandidates.newBuilder()
                                        .setClientId(uuid(i))
                                        .addAdded("candidate:1");
                        flow.handleDataplaneEvent(event().setLocalCandidates(local).build(), i);
                        flow.handleTimeout(flow.pollTimeout());
                        assertThat(flow.pollAction())
                                .isInstanceOfSatisfying(
                                        FlowAction.SendToPortal.class,
                                        sent ->
                                                assertThat(sent.message())
                                                        .isInstanceOf(
                                                                GatewayToPortal.AddCandidates
                                                                        .class));
                    };
                });
    }

    @Test
    void reconciliationIsLinear() {
        long few = leastReconcileNs(500);
        long many = leastReconcileNs(FACTOR * 500);

        assertThat(many / (double) few).isLessThan(FACTOR * TIME_RATIO_MAX);
    }

    private static long leastReconcileNs(int n) {
        long leastNs = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            var store = store(n);
            var entry = ReconcileRequest.Entry.newBuilder().setKey(key("c1")).build();
            long beganNs = System.nanoTime();
            store.reconcile(List.of(entry));
            leastNs = Math.min(leastNs, System.nanoTime() - beganNs);
            assertThat(store.authorizationCount()).isEqualTo(1);
            assertThat(store.clientCount()).isEqualTo(1);
        }
        return leastNs;
    }

    private static SnapshotStore store(int clients) {
        var all =
                Snapshot.newBuilder()
                        .setKeyPair(
                                KeyPair.newBuilder().setPublicKey(ByteString.copyFromUtf8("k")));
        for (int i = 0; i < clients; i++) {
            var mapping =
                    DnsMappingKey.newBuilder()
                            .setClientId("c" + i)
                            .setResourceId(RESOURCE)
                            .setDomain("a.example");
            all.addClients(Client.newBuilder().setId("c" + i));
            all.addAuthorizations(Authorization.newBuilder().setKey(key("c" + i)));
            all.addDnsMappings(DnsMapping.newBuilder().setKey(mapping));
        }
        var store = new SnapshotStore();
        store.handleChunk(chunk(all.build()));
        return store;
    }

    private static String uuid(int i) {
        return "8f1d3c0e-5a53-4c63-9d57-%012x".formatted(i);
    }

    private static Event.Builder event() {
        return Event.newBuilder().setEpoch(1);
    }

    private static SnapshotChunk chunk(Snapshot part) {
        return SnapshotChunk.newBuilder().setFirst(true).setLast(true).setPart(part).build();
    }

    private static AuthorizationKey key(String clientId) {
        return AuthorizationKey.newBuilder().setClientId(clientId).setResourceId(RESOURCE).build();
    }

    private static CommandQueue.Waiting waiting(Command command) {
        return new CommandQueue.Waiting(command, 0);
    }

    private static Command candidates(String clientId, String line) {
        return new Command.AddCandidates(
                RemoteCandidatesRequest.newBuilder()
                        .setClientId(clientId)
                        .addCandidates(line)
                        .build());
    }

    private static Command reject(String clientId) {
        return new Command.Reject(RejectRequest.newBuilder().setKey(key(clientId)).build());
    }

    private static Command authorize(String clientId, String ref) {
        return new Command.Authorize(
                AuthorizeRequest.newBuilder()
                        .setClient(Client.newBuilder().setId(clientId))
                        .setResource(Resource.newBuilder().setId(RESOURCE))
                        .build(),
                ref);
    }

    private static Command relays(List<String> removed, String... ids) {
        var request = UpdateRelaysRequest.newBuilder().addAllRemovedIds(removed);
        for (var id : ids) {
            request.addRelays(Relay.newBuilder().setId(id));
        }
        return new Command.UpdateRelays(request.build());
    }

    private List<Command> drain() {
        var all = new ArrayList<Command>();
        for (var next = queue.poll(); next != null; next = queue.poll()) {
            all.add(next.command());
        }
        return all;
    }

    private static void assertConstantTime(int n, IntFunction<IntConsumer> setUp) {
        double ratio = TimeGrowth.of(n, FACTOR * n, STEPS, setUp);

        assertThat(ratio).as("time with %d and with %d", n, FACTOR * n).isLessThan(TIME_RATIO_MAX);
    }
}
