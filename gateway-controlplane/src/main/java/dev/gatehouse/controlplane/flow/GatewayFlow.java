package dev.gatehouse.controlplane.flow;

import dev.gatehouse.channel.message.GatewayToPortal;
import dev.gatehouse.channel.message.Ignored;
import dev.gatehouse.channel.message.NoRelays;
import dev.gatehouse.channel.message.PortalToGateway;
import dev.gatehouse.channel.message.RelaysPresence;
import dev.gatehouse.channel.message.part.RelayEntry;
import dev.gatehouse.controlplane.flow.CommandQueue.Waiting;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.AuthorizeReply;
import dev.gatehouse.rpc.ConfigureRequest;
import dev.gatehouse.rpc.ConnectionChanged;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.RejectRequest;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.Status;
import dev.gatehouse.rpc.UpdateExpiryRequest;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import dev.gatehouse.rpc.UpdateResourceRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// The control plane's mind: stands between portal and data plane and outlives either's absence.
///
/// Data plane: Down → Resuming (a process without state) → Syncing (events opened) → Up (snapshot
/// complete); any → Down. Commands run one at a time and only while Up; what was in flight when the
/// data plane went is sent again. What waits, and what of it is refused: [CommandQueue].
///
/// What could not be authorized for want of a relay is tried again when one comes, while the portal
/// still waits for the answer: a client that only listens would not ask again.
public final class GatewayFlow {
    public static final long NEVER = Long.MAX_VALUE;

    private static final int WITHOUT_RELAY_MAX = 4_096;
    private static final long AUTHORIZE_USEFUL_NS = Duration.ofSeconds(15).toNanos();
    private static final long CANDIDATE_BATCH_NS = Duration.ofMillis(15).toNanos();
    private static final long RELAYS_WAIT_NS = Duration.ofSeconds(2).toNanos();
    private static final long RECONNECT_INTERVAL_NS = Duration.ofSeconds(10).toNanos();

    private sealed interface Dataplane {
        record Down() implements Dataplane {}

        record Resuming(long epoch) implements Dataplane {}

        record Syncing(long epoch) implements Dataplane {}

        record Up(long epoch) implements Dataplane {}
    }

    private final long unixOriginNs;
    private final SnapshotStore store = new SnapshotStore();
    private final CandidateOutbox outbox = new CandidateOutbox();
    private final CommandQueue commands = new CommandQueue();
    private final Queue<FlowAction> actions = new ArrayDeque<>();
    private final NavigableMap<String, Relay> wantedRelays = new TreeMap<>();
    private final SequencedMap<String, Waiting> withoutRelay = new LinkedHashMap<>(); // by ref

    private Dataplane dataplane = new Dataplane.Down();
    private long lastEpoch; // 0: none seen yet
    private Optional<Waiting> inFlight = Optional.empty();
    private Optional<Interface> wantedInterface = Optional.empty();
    private Optional<String> loginKey = Optional.empty();
    private Status dataplaneStatus = Status.getDefaultInstance();
    private boolean portalJoined;
    private boolean portalEverJoined;
    private long candidatesAtNs = NEVER;
    private long reconnectAtNs = NEVER;
    private long reconnectedAtNs = -RECONNECT_INTERVAL_NS;

    /// @param unixOriginNs unix time at `nowNs` 0
    public GatewayFlow(long unixOriginNs) {
        this.unixOriginNs = unixOriginNs;
    }

    // ---- portal

    public void handlePortalJoined(long nowNs) {
        portalJoined = true;
        portalEverJoined = true;
        reconnectAtNs = NEVER;
        if (!outbox.isEmpty()) {
            candidatesAtNs = nowNs;
        }
    }

    public void handlePortalDown() {
        portalJoined = false;
        withoutRelay.clear(); // their refs are of that connection
    }

    public void handlePortalMessage(PortalToGateway message, long nowNs) {
        switch (message) {
            case PortalToGateway.Init init -> handleInit(init, nowNs);
            case PortalToGateway.AuthorizeFlow flow ->
                    enqueue(new Command.Authorize(Translation.authorize(flow), flow.ref()), nowNs);
            case PortalToGateway.RejectAccess(var clientId, var resourceId) ->
                    handleReject(clientId, resourceId, nowNs);
            case PortalToGateway.ExpiryUpdated expiry -> handleExpiry(expiry, nowNs);
            case PortalToGateway.ResourceUpdated(var updated) -> {
                var resource = Translation.resource(updated);
                store.updateResource(resource);
                var request = UpdateResourceRequest.newBuilder().setResource(resource);
                enqueue(new Command.UpdateResource(request.build()), nowNs);
            }
            case PortalToGateway.AddCandidates(var candidates) ->
                    enqueue(new Command.AddCandidates(Translation.candidates(candidates)), nowNs);
            case PortalToGateway.RemoveCandidates(var candidates) ->
                    enqueue(
                            new Command.RemoveCandidates(Translation.candidates(candidates)),
                            nowNs);
            case RelaysPresence(var gone, var connected) -> handleRelays(gone, connected, nowNs);
            case Ignored _ -> {}
        }
    }

    private void handleInit(PortalToGateway.Init init, long nowNs) {
        handleRelays(List.of(), init.relays(), nowNs);
        var addresses =
                Interface.newBuilder()
                        .setIpv4(init.addresses().ipv4().toString())
                        .setIpv6(init.addresses().ipv6().toString())
                        .build();
        wantedInterface = Optional.of(addresses);
        enqueue(configure(addresses), nowNs);
        var listed = init.authorizations().stream().map(Translation::entry).toList();
        store.reconcile(listed);
        var request = ReconcileRequest.newBuilder().addAllAuthorizations(listed).build();
        enqueue(new Command.Reconcile(request), nowNs);
    }

    private void handleRelays(List<String> gone, List<RelayEntry> entries, long nowNs) {
        var connected = RelayEntry.merge(entries).stream().map(Translation::relay).toList();
        gone.forEach(wantedRelays::remove);
        connected.forEach(relay -> wantedRelays.put(relay.getId(), relay));
        if (!connected.isEmpty()) {
            reconnectAtNs = NEVER;
        }
        enqueue(updateRelays(gone, connected), nowNs);
        if (!connected.isEmpty()) {
            var again = List.copyOf(withoutRelay.values());
            withoutRelay.clear();
            again.stream()
                    .filter(waiting -> !isTooLate(waiting, nowNs))
                    .forEach(waiting -> enqueue(waiting, nowNs));
        }
    }

    private void handleReject(String clientId, String resourceId, long nowNs) {
        var key = Translation.key(clientId, resourceId);
        store.removeAuthorization(key);
        withoutRelay.values().removeIf(waiting -> concerns(waiting, key));
        enqueue(new Command.Reject(RejectRequest.newBuilder().setKey(key).build()), nowNs);
    }

    private void handleExpiry(PortalToGateway.ExpiryUpdated expiry, long nowNs) {
        var key = Translation.key(expiry.clientId(), expiry.resourceId());
        store.updateExpiry(key, OptionalLong.of(expiry.expiresAt()));
        var request = UpdateExpiryRequest.newBuilder().setKey(key).setExpiresAt(expiry.expiresAt());
        enqueue(new Command.UpdateExpiry(request.build()), nowNs);
    }

    private static Command configure(Interface addresses) {
        return new Command.Configure(ConfigureRequest.newBuilder().setInterface(addresses).build());
    }

    private static Command updateRelays(List<String> gone, Iterable<Relay> relays) {
        return new Command.UpdateRelays(
                UpdateRelaysRequest.newBuilder()
                        .addAllRemovedIds(gone)
                        .addAllRelays(relays)
                        .build());
    }

    // ---- data plane

    /// A data plane answered Hello.
    public void handleDataplaneUp(long epoch, boolean resumed, long nowNs) {
        boolean isSuccessor = lastEpoch != 0 && epoch != lastEpoch;
        lastEpoch = epoch;
        if (isSuccessor) {
            commands.addFirst(new Waiting(updateRelays(List.of(), wantedRelays.values()), nowNs));
            wantedInterface.ifPresent(
                    addresses -> commands.addFirst(new Waiting(configure(addresses), nowNs)));
        }
        if (resumed) {
            openEvents(epoch);
        } else {
            store.removeExpired(unixSeconds(nowNs));
            dataplane = new Dataplane.Resuming(epoch);
            actions.add(new FlowAction.Resume(epoch, store.toParts()));
        }
    }

    /// The snapshot has been handed over.
    public void handleResumed() {
        if (dataplane instanceof Dataplane.Resuming(long epoch)) {
            openEvents(epoch);
        }
    }

    private void openEvents(long epoch) {
        dataplane = new Dataplane.Syncing(epoch);
        actions.add(new FlowAction.OpenEvents(epoch));
    }

    /// The connection to the data plane ended; packets go on without us, or its successor comes.
    public void handleDataplaneDown() {
        dataplane = new Dataplane.Down();
        dataplaneStatus = Status.getDefaultInstance();
        inFlight.ifPresent(commands::addFirst);
        inFlight = Optional.empty();
    }

    public void handleDataplaneEvent(Event event, long nowNs) {
        switch (event.getKindCase()) {
            case SNAPSHOT -> {
                if (store.handleChunk(event.getSnapshot())) {
                    handleSynced(event.getEpoch(), nowNs);
                }
            }
            case DELTA -> store.handleDelta(event.getDelta());
            case LOCAL_CANDIDATES -> {
                var candidates = event.getLocalCandidates();
                outbox.add(
                        candidates.getClientId(),
                        candidates.getAddedList(),
                        candidates.getRemovedList());
                candidatesAtNs = Math.min(candidatesAtNs, nowNs + CANDIDATE_BATCH_NS);
            }
            case CONNECTION -> handleConnection(event.getConnection());
            case AUTHORIZATION_EXPIRED ->
                    store.removeAuthorization(event.getAuthorizationExpired().getKey());
            case NO_RELAYS -> send(new NoRelays());
            case STATUS -> dataplaneStatus = event.getStatus();
            case KIND_NOT_SET -> {}
        }
    }

    private void handleConnection(ConnectionChanged connection) {
        if (connection.getState() == ConnectionChanged.State.CLOSED) {
            outbox.forget(connection.getClientId());
        }
    }

    private void handleSynced(long epoch, long nowNs) {
        dataplane = new Dataplane.Up(epoch);
        store.publicKey().map(Base64.getEncoder()::encodeToString).ifPresent(this::logIn);
        executeNext(nowNs);
    }

    private void logIn(String publicKey) {
        if (!loginKey.equals(Optional.of(publicKey))) {
            loginKey = Optional.of(publicKey);
            actions.add(new FlowAction.LogIn(publicKey));
        }
    }

    // ---- commands

    private void enqueue(Command command, long nowNs) {
        enqueue(new Waiting(command, nowNs), nowNs);
    }

    private void enqueue(Waiting waiting, long nowNs) {
        commands.add(waiting);
        executeNext(nowNs);
    }

    private void executeNext(long nowNs) {
        if (!(dataplane instanceof Dataplane.Up(long epoch)) || inFlight.isPresent()) {
            return;
        }
        var next = commands.poll();
        while (next != null && isTooLate(next, nowNs)) {
            commands.countDropped();
            next = commands.poll();
        }
        if (next != null) {
            inFlight = Optional.of(next);
            actions.add(new FlowAction.Execute(epoch, next.command()));
        }
    }

    /// The portal has told the client by now that we are offline; it will ask again.
    private static boolean isTooLate(Waiting waiting, long nowNs) {
        return waiting.command() instanceof Command.Authorize
                && nowNs > waiting.sinceNs() + AUTHORIZE_USEFUL_NS;
    }

    public void handleCommandDone(CommandResult result, long nowNs) {
        var done = inFlight;
        inFlight = Optional.empty();
        if (done.isPresent()
                && done.get().command() instanceof Command.Authorize(_, var ref)
                && result instanceof CommandResult.Authorized(var outcome)) {
            handleAuthorized(done.get(), ref, outcome, nowNs);
        }
        executeNext(nowNs);
    }

    private void handleAuthorized(
            Waiting done, String ref, AuthorizeReply.Outcome outcome, long nowNs) {
        switch (outcome) {
            case CREATED, REUSED -> {
                withoutRelay.remove(ref);
                send(new GatewayToPortal.FlowAuthorized(ref));
                if (!outbox.isEmpty()) {
                    candidatesAtNs = Math.min(candidatesAtNs, nowNs + CANDIDATE_BATCH_NS);
                }
            }
            case NO_RELAYS -> {
                awaitRelay(ref, done);
                send(new NoRelays());
                reconnectAtNs = Math.min(reconnectAtNs, nowNs + RELAYS_WAIT_NS);
            }
            case NOT_CONFIGURED, DRAINING, OUTCOME_UNSPECIFIED, UNRECOGNIZED -> {}
        }
    }

    private void awaitRelay(String ref, Waiting authorize) {
        if (portalJoined && withoutRelay.size() < WITHOUT_RELAY_MAX) {
            withoutRelay.putLast(ref, authorize);
        }
    }

    // ---- time

    public void handleTimeout(long nowNs) {
        if (nowNs >= candidatesAtNs) {
            candidatesAtNs = NEVER;
            sendCandidates();
        }
        if (nowNs >= reconnectAtNs) {
            reconnectAtNs = NEVER;
            reconnectForRelays(nowNs);
        }
    }

    private void sendCandidates() {
        if (portalJoined) {
            outbox.take(clientId -> !isBeingAuthorized(clientId)).forEach(this::send);
        }
    }

    /// The portal ignores candidates of a flow that it has not seen authorized.
    private boolean isBeingAuthorized(String clientId) {
        return inFlight.filter(waiting -> concerns(waiting, clientId)).isPresent()
                || commands.isAuthorizing(clientId);
    }

    private static boolean concerns(Waiting waiting, String clientId) {
        return waiting.command() instanceof Command.Authorize(var request, _)
                && request.getClient().getId().equals(clientId);
    }

    private static boolean concerns(Waiting waiting, AuthorizationKey key) {
        return concerns(waiting, key.getClientId())
                && waiting.command() instanceof Command.Authorize(var request, _)
                && request.getResource().getId().equals(key.getResourceId());
    }

    /// An older portal does not understand `no_relays`: a fresh `init` brings relays.
    private void reconnectForRelays(long nowNs) {
        if (portalJoined && nowNs >= reconnectedAtNs + RECONNECT_INTERVAL_NS) {
            reconnectedAtNs = nowNs;
            actions.add(new FlowAction.ReconnectPortal("no relay is known"));
        }
    }

    /// Returns null when there is none.
    public FlowAction pollAction() {
        return actions.poll();
    }

    public long pollTimeout() {
        return Math.min(candidatesAtNs, reconnectAtNs);
    }

    public FlowStatus status() {
        return new FlowStatus(
                portalJoined,
                portalEverJoined,
                dataplane instanceof Dataplane.Up,
                dataplaneStatus,
                store.clientCount(),
                store.authorizationCount(),
                commands.size(),
                commands.dropped() + outbox.refused());
    }

    private void send(GatewayToPortal message) {
        if (portalJoined) {
            actions.add(new FlowAction.SendToPortal(message));
        }
    }

    private long unixSeconds(long nowNs) {
        return TimeUnit.NANOSECONDS.toSeconds(unixOriginNs + nowNs);
    }
}
