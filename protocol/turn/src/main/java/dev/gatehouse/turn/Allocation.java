package dev.gatehouse.turn;

import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.TokenBucket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;

/// The TURN client of one relay, tunnel.md section 3. Sans-IO.
///
/// ```
/// PROBING --first BINDING answered--> ALLOCATING --granted--> ALLOCATED
/// ALLOCATED --437, expired, lifetime 0--> ALLOCATING
/// ALLOCATING --refused--> SUSPENDED --portal mentions relays--> ALLOCATING
/// any --401 with nonce, 420, no answer for 8 s--> FREED
/// ```
public final class Allocation {
    private enum Phase {
        PROBING,
        ALLOCATING,
        ALLOCATED,
        SUSPENDED,
        FREED
    }

    public static final long NEVER = Long.MAX_VALUE;
    static final long KEEP_ALIVE_NS = Duration.ofSeconds(25).toNanos();

    private static final LongPredicate NO_LIMIT = _ -> true;

    /// A peer on the move gets another allocation with each network, one a minute at worst.
    static final int ATTEMPTS_BURST = 20;

    private static final long ATTEMPT_EVERY_NS = Duration.ofSeconds(10).toNanos();
    private static final long REFRESH_PAUSE_NS = Duration.ofSeconds(1).toNanos();
    private static final long SECOND_NS = 1_000_000_000L;

    private final String id;
    private final List<Endpoint> servers;
    private final Transactions transactions;
    private final Channels channels = new Channels();
    private final WantedChannels wanted = new WantedChannels(channels);
    private final RelayedAddresses addresses = new RelayedAddresses();
    private final ArrayDeque<AllocationEvent> events = new ArrayDeque<>();
    private final FoundSockets found = new FoundSockets();
    private final TokenBucket attempts = TokenBucket.every(ATTEMPT_EVERY_NS, ATTEMPTS_BURST);
    private final AllocationWatch watch = new AllocationWatch();

    private Phase phase = Phase.PROBING;
    private Optional<Endpoint> active = Optional.empty();
    private long refreshAtNs = NEVER;
    private long keepAliveAtNs = NEVER;
    private long receivedAtNs; // anything that only the relay can have sent
    private int changes; // of login and lease
    private int seenRevision = -1;
    private int excess; // since it was last asked for

    private Allocation(RelayInfo relay, Transactions transactions) {
        this.id = relay.id();
        this.servers = relay.addresses();
        this.transactions = transactions;
    }

    /// Starts by asking every address of the relay how it sees us.
    public static Allocation start(
            RelayInfo relay, String software, RandomGenerator random, long nowNs) {
        return open(relay, Optional.empty(), software, random, nowNs);
    }

    /// Goes on with what another process had, and refreshes it at once.
    public static Allocation restore(
            RelaySnapshot snapshot, String software, RandomGenerator random, long nowNs) {
        var allocation = open(snapshot.relay(), snapshot.nonce(), software, random, nowNs);
        snapshot.grant().ifPresent(grant -> allocation.resume(grant, nowNs));
        return allocation;
    }

    private static Allocation open(
            RelayInfo relay,
            Optional<String> nonce,
            String software,
            RandomGenerator random,
            long nowNs) {
        var login = new TurnLogin(relay.username(), relay.password(), nonce);
        var allocation = new Allocation(relay, new Transactions(login, software, random));
        allocation.probe(nowNs);
        return allocation;
    }

    private void probe(long nowNs) {
        for (var server : servers) {
            transactions.send(TurnRequest.to(server, TurnRequest.Kind.BINDING), nowNs);
        }
    }

    private void resume(RelaySnapshot.Grant grant, long nowNs) {
        active = Optional.of(grant.server());
        receivedAtNs = nowNs;
        grant(new AllocationLease(grant.relayed(), nowNs, grant.lifetimeLeftNs()), nowNs);
        events.add(new AllocationEvent.Allocated());
        for (var channel : grant.channels()) {
            channels.restore(
                    Channel.restored(channel.number(), channel.peer(), nowNs - channel.ageNs()));
        }
        refreshAtNs = nowNs;
        handleTimeout(nowNs);
    }

    /// What a successor needs; empty if there is no allocation worth handing on.
    public RelaySnapshot snapshot(long nowNs) {
        var grant =
                addresses
                        .lease()
                        .map(
                                l ->
                                        new RelaySnapshot.Grant(
                                                active.orElseThrow(),
                                                l.relayed(),
                                                Math.max(0, l.expiresAtNs() - nowNs),
                                                channels.snapshots(nowNs)));
        return new RelaySnapshot(info(), transactions.login().nonce(), grant);
    }

    /// Whether [#snapshot] may differ from what it was at the last call; true at the first.
    public boolean takeChanged() {
        int revision = changes + channels.revision();
        boolean changed = revision != seenRevision;
        seenRevision = revision;
        return changed;
    }

    RelayInfo info() {
        var login = transactions.login();
        return new RelayInfo(id, servers, login.username(), login.password());
    }

    /// The id that the portal gave the relay.
    public String id() {
        return id;
    }

    /// Whether `endpoint` is one that the relay listens at.
    public boolean isServer(Endpoint endpoint) {
        return servers.contains(endpoint);
    }

    /// Whether the relay listens at `address`, at whatever port.
    public boolean isServerAddress(IpAddress address) {
        return servers.stream().anyMatch(server -> server.address().equals(address));
    }

    /// Where the relay listens, as the portal named it.
    public List<Endpoint> servers() {
        return servers;
    }

    /// Nothing can come of this relay any more: forget it until the portal names it again.
    public boolean isFreed() {
        return phase == Phase.FREED || (transactions.isEmpty() && active.isEmpty());
    }

    /// Whether the relay has given us an address that has not expired.
    public boolean isAllocated() {
        return addresses.lease().isPresent();
    }

    RoundTripTime roundTrip() {
        return transactions.roundTrip();
    }

    /// Our addresses at the relay; empty without an allocation.
    public List<Endpoint> relayed() {
        return addresses.leased();
    }

    /// Our address at the relay of the same family as `peer`, or null. Runs per packet.
    public Endpoint relayedFor(Endpoint peer) {
        return addresses.leasedFor(peer);
    }

    /// Everything that is known at present, in the form in which it was once told as events.
    public List<AllocationEvent> known() {
        var known = new ArrayList<>(found.all());
        active.ifPresent(
                server ->
                        relayed()
                                .forEach(
                                        a ->
                                                known.add(
                                                        new AllocationEvent.RelayedFound(
                                                                a, server))));
        return known;
    }

    /// The relay's address that data goes to; only while allocated.
    public Endpoint activeServer() {
        return active.orElseThrow();
    }

    /// Whether requests are signed with this name and password.
    public boolean hasLogin(String username, String password) {
        return transactions.login().isFor(username, password);
    }

    /// New credentials for the same relay: the allocation stays, and is refreshed under them.
    public void swapLogin(String username, String password, long nowNs) {
        var nonce = transactions.login().nonce();
        transactions.swapLogin(new TurnLogin(username, password, nonce));
        changes++;
        if (isAllocated()) {
            transactions.forgetIf(r -> r.kind() == TurnRequest.Kind.REFRESH);
            transactions.send(TurnRequest.to(activeServer(), TurnRequest.Kind.REFRESH), nowNs);
        } else if (phase == Phase.ALLOCATING || phase == Phase.SUSPENDED) {
            transactions.forgetIf(r -> r.kind() != TurnRequest.Kind.BINDING);
            allocate(nowNs);
        }
    }

    /// The portal mentioned other relays: checks with one short attempt that this one is still
    /// there, or tries again if it had refused.
    public void refreshNow(long nowNs) {
        if (isAllocated() && !transactions.isAsking(TurnRequest.Kind.REFRESH)) {
            transactions.send(TurnRequest.proactiveRefresh(activeServer()), nowNs);
        }
        retryIfRefused(nowNs);
    }

    /// The portal mentioned this relay, unchanged: tries again if it had refused.
    public void retryIfRefused(long nowNs) {
        if (phase == Phase.SUSPENDED) {
            allocate(nowNs);
        }
    }

    /// Whether `address` is ours at the relay, or was until the allocation that is being replaced.
    public boolean owns(Endpoint address) {
        return addresses.owns(address);
    }

    /// Data needs this relay: sees to it, at most once a second, that the allocation still stands.
    public void watch(long nowNs) {
        if (!isAllocated() || !watch.isLookDue(nowNs)) {
            return;
        }
        if (watch.isTooQuiet(nowNs)) {
            verify(nowNs);
        }
        if (!transactions.isAsking(TurnRequest.Kind.BINDING)) {
            transactions.send(TurnRequest.look(activeServer()), nowNs);
        }
    }

    /// What the relay did too often since the last call: addresses of ours, and allocations.
    public int takeExcess() {
        int count = excess + found.takeRefused();
        excess = 0;
        return count;
    }

    /// Addresses of ours that reached the relay, as our sockets have them.
    public List<IpAddress> hostAddresses() {
        return found.hostAddresses();
    }

    /// Asks the relay whether it has our allocation; a 437 leads to another one.
    private void verify(long nowNs) {
        if (isAllocated() && !transactions.isAsking(TurnRequest.Kind.REFRESH)) {
            transactions.send(TurnRequest.to(activeServer(), TurnRequest.Kind.REFRESH), nowNs);
        }
    }

    /// Addresses or routes of the host have changed: asks every address of the relay how it
    /// sees us.
    ///
    /// @param gone addresses that the host has no more; they are taken back as soon as the relay
    ///     has answered on another one of the family
    public void handleNetworkChange(List<IpAddress> gone, long nowNs) {
        found.handleMissing(gone);
        for (var server : servers) {
            if (!transactions.isAskingBinding(server)) {
                transactions.send(TurnRequest.survey(server), nowNs);
            }
        }
    }

    /// Takes back what was told: before the allocation is replaced or forgotten.
    public void withdraw() {
        invalidate();
        addresses.tellGone(events);
        phase = Phase.FREED;
    }

    /// Takes what `from`, a server of this relay, sent: an answer to a request of ours, or nothing.
    public void handleMessage(StunMessage message, Endpoint local, Endpoint from, long nowNs) {
        var request = transactions.handleMessage(message, from, nowNs);
        if (request.isEmpty()) {
            return;
        }
        receivedAtNs = nowNs;
        if (message.messageClass() == StunMessage.MessageClass.SUCCESS) {
            handleSuccess(message, request.get(), local, nowNs);
        } else {
            handleError(message, request.get(), nowNs);
        }
    }

    private void handleSuccess(
            StunMessage message, TurnRequest request, Endpoint local, long nowNs) {
        switch (request.kind()) {
            case BINDING -> handleBound(message, request.server(), local, nowNs);
            case ALLOCATE -> handleAllocated(message, request, nowNs);
            case REFRESH -> handleRefreshed(message, request, nowNs);
            case DELETE -> allocate(nowNs);
            case CHANNEL_BIND -> channels.confirm(request.channel(), request.lastSentNs());
        }
    }

    private void handleBound(StunMessage message, Endpoint server, Endpoint local, long nowNs) {
        tell(new AllocationEvent.HostFound(local));
        message.xorMappedAddress()
                .filter(mapped -> mapped.family() == local.family())
                .ifPresent(mapped -> tell(new AllocationEvent.ReflexiveFound(mapped, local)));
        events.addAll(found.replaceMissing(local));
        if (active.isEmpty()) {
            active = Optional.of(server);
            allocate(nowNs);
        } else if (activeServer().equals(server)) {
            message.xorMappedAddress().filter(watch::handleSeen).ifPresent(_ -> verify(nowNs));
        }
    }

    private void tell(AllocationEvent event) {
        if (found.add(event)) {
            events.add(event);
        }
    }

    private void handleAllocated(StunMessage message, TurnRequest request, long nowNs) {
        var relayed = AllocationLease.firstOfEachFamily(message.xorRelayedAddresses());
        long lifetimeNs = message.lifetimeSeconds().orElse(0) * SECOND_NS;
        if (relayed.isEmpty() || lifetimeNs == 0) {
            suspend();
            return;
        }
        watch.handleGranted(message.xorMappedAddress());
        grant(new AllocationLease(relayed, request.lastSentNs(), lifetimeNs), nowNs);
        events.add(new AllocationEvent.Allocated());
        wanted.takeWaiting().forEach(peer -> bind(peer, nowNs));
    }

    private void grant(AllocationLease granted, long nowNs) {
        phase = Phase.ALLOCATED;
        changes++;
        refreshAtNs = granted.refreshAtNs();
        keepAliveAtNs = nowNs + KEEP_ALIVE_NS;
        addresses.handleGranted(granted, activeServer(), events);
    }

    private void handleRefreshed(StunMessage message, TurnRequest request, long nowNs) {
        long lifetimeNs = message.lifetimeSeconds().orElse(0) * SECOND_NS;
        var lease = addresses.lease();
        if (lease.isEmpty() || lifetimeNs == 0) {
            invalidate();
            allocate(nowNs);
            return;
        }
        var extended = lease.get().extended(request.lastSentNs(), lifetimeNs);
        addresses.handleExtended(extended);
        changes++;
        refreshAtNs = extended.refreshAtNs();
    }

    private void handleError(StunMessage message, TurnRequest request, long nowNs) {
        if (request.isTooMuchSaid(message) && request.restartBare()) {
            transactions.send(request, nowNs);
            return;
        }
        int code = message.errorCode().orElse(StunErrors.SERVER_ERROR);
        switch (code) {
            case StunErrors.UNAUTHORIZED -> {
                if (request.carriesNonce()) {
                    free();
                } else {
                    authenticate(message, request, nowNs);
                }
            }
            case StunErrors.STALE_NONCE -> authenticate(message, request, nowNs);
            case StunErrors.UNKNOWN_ATTRIBUTE -> handleUnknownAttribute(request, nowNs);
            case StunErrors.ALLOCATION_MISMATCH -> handleMismatch(request, nowNs);
            case StunErrors.FORBIDDEN -> handleForbidden(request, nowNs);
            default -> handleRefusal(request, nowNs);
        }
    }

    /// Others than Firezone's relays know no transport and family in a Refresh.
    private void handleUnknownAttribute(TurnRequest request, long nowNs) {
        if (request.restartPlain()) {
            transactions.send(request, nowNs);
        } else {
            free();
        }
    }

    private void free() {
        invalidate();
        addresses.tellGone(events);
        phase = Phase.FREED;
    }

    private void authenticate(StunMessage message, TurnRequest request, long nowNs) {
        boolean ours = message.realm().map(TurnCredentials.REALM::equals).orElse(true);
        message.nonce().ifPresent(transactions.login()::useNonce);
        changes++;
        if (ours && message.nonce().isPresent() && request.restart()) {
            transactions.send(request, nowNs);
        } else {
            handleRefusal(request, nowNs);
        }
    }

    /// The relay and we disagree on whether there is an allocation.
    private void handleMismatch(TurnRequest request, long nowNs) {
        invalidate();
        switch (request.kind()) {
            case ALLOCATE -> {
                phase = Phase.ALLOCATING;
                transactions.send(TurnRequest.to(activeServer(), TurnRequest.Kind.DELETE), nowNs);
            }
            case BINDING, REFRESH, DELETE -> allocate(nowNs);
            case CHANNEL_BIND -> {
                wanted.awaitAgain(request.channel().peer());
                allocate(nowNs);
            }
        }
    }

    private void handleForbidden(TurnRequest request, long nowNs) {
        if (request.kind() == TurnRequest.Kind.CHANNEL_BIND) {
            wanted.forbid(request.channel().peer(), nowNs);
        }
        handleRefusal(request, nowNs);
    }

    private void handleRefusal(TurnRequest request, long nowNs) {
        switch (request.kind()) {
            case ALLOCATE, DELETE -> suspend();
            case REFRESH -> refreshAtNs = Math.max(refreshAtNs, nowNs + REFRESH_PAUSE_NS);
            case CHANNEL_BIND -> channels.forget(request.channel());
            case BINDING -> {}
        }
    }

    private void suspend() {
        wanted.dropWaiting();
        addresses.tellGone(events);
        phase = Phase.SUSPENDED;
    }

    /// A relay that grants and takes away without end is given up, for each round is told to all
    /// peers.
    private void allocate(long nowNs) {
        if (!attempts.take(nowNs)) {
            excess++;
            free();
            return;
        }
        phase = Phase.ALLOCATING;
        transactions.send(TurnRequest.to(activeServer(), TurnRequest.Kind.ALLOCATE), nowNs);
    }

    private void invalidate() {
        addresses.handleLost();
        changes++;
        channels.clear();
        wanted.forgetForbidden();
        transactions.forgetAll();
        refreshAtNs = NEVER;
        keepAliveAtNs = NEVER;
    }

    /// Asks for a channel to `peer`, unless there is one or the relay cannot reach that family.
    public void bind(Endpoint peer, long nowNs) {
        bind(peer, NO_LIMIT, nowNs);
    }

    /// @param mayOpen is asked, with the time, before a number is taken for an address
    public void bind(Endpoint peer, LongPredicate mayOpen, long nowNs) {
        if (phase == Phase.SUSPENDED || phase == Phase.FREED) {
            return;
        }
        var lease = addresses.lease();
        if (lease.isEmpty()) {
            wanted.await(peer);
            return;
        }
        var channel = wanted.toRequest(peer, lease.get(), mayOpen, nowNs);
        if (channel.isPresent()) { // no lambda: this may run per batch of packets
            bind(channel.get(), nowNs);
        }
    }

    private void bind(Channel channel, long nowNs) {
        channel.request(nowNs);
        transactions.send(TurnRequest.bind(activeServer(), channel), nowNs);
    }

    /// The channel to send to `peer` on, or null: then one was asked for. Postpones the keep-alive.
    /// Runs per batch of packets.
    public Channel sendChannel(Endpoint peer, long nowNs) {
        return sendChannel(peer, NO_LIMIT, nowNs);
    }

    /// @param mayOpen like that of [#bind]
    public Channel sendChannel(Endpoint peer, LongPredicate mayOpen, long nowNs) {
        var channel = channels.get(peer);
        if (channel == null || !canSendOn(channel, nowNs)) {
            bind(peer, mayOpen, nowNs);
            return null;
        }
        return channel;
    }

    /// Like [#sendChannel], for a channel found before. A relay that has been silent for long is
    /// asked all the same: data alone would never tell that it is gone.
    public boolean canSendOn(Channel channel, long nowNs) {
        if (!channel.canSend(nowNs)) {
            return false;
        }
        watch.handleSent(nowNs);
        long latestNs = receivedAtNs + 2 * KEEP_ALIVE_NS;
        keepAliveAtNs = Math.max(keepAliveAtNs, Math.min(nowNs + KEEP_ALIVE_NS, latestNs));
        return true;
    }

    /// The peer behind `number`, or null if that is no confirmed channel. Runs per packet.
    public Endpoint receiveOn(int number, long nowNs) {
        var channel = channels.get(number);
        if (channel == null || !channel.isConfirmed()) {
            return null;
        }
        receivedAtNs = nowNs;
        watch.handleReceived();
        channel.receive(nowNs);
        if (channel.wantsRefresh(nowNs)) {
            bind(channel, nowNs);
        }
        return channel.peer();
    }

    /// Sends again, refreshes, gives up: what is due at `nowNs`.
    public void handleTimeout(long nowNs) {
        transactions.handleTimeout(this::handleUnanswered, nowNs);
        var lease = addresses.lease();
        if (lease.isEmpty()) {
            return;
        }
        if (nowNs >= lease.get().expiresAtNs()) {
            invalidate();
            allocate(nowNs);
            return;
        }
        if (nowNs >= refreshAtNs && !transactions.isAsking(TurnRequest.Kind.REFRESH)) {
            transactions.send(TurnRequest.to(activeServer(), TurnRequest.Kind.REFRESH), nowNs);
        }
        if (nowNs >= keepAliveAtNs) {
            keepAliveAtNs = nowNs + KEEP_ALIVE_NS;
            transactions.send(TurnRequest.to(activeServer(), TurnRequest.Kind.BINDING), nowNs);
        }
        channels.pollRefreshes(nowNs).forEach(channel -> bind(channel, nowNs));
    }

    private void handleUnanswered(TurnRequest request) {
        if (!request.isOptional()
                && active.filter(a -> a.isV4() == request.server().isV4()).isPresent()) {
            active = Optional.empty();
            invalidate();
            addresses.tellGone(events);
        }
    }

    /// When [#handleTimeout] has work, or [#NEVER].
    public long pollTimeout() {
        long next = transactions.pollTimeout();
        var lease = addresses.lease();
        if (lease.isEmpty()) {
            return next;
        }
        if (!transactions.isAsking(TurnRequest.Kind.REFRESH)) {
            next = Math.min(next, refreshAtNs);
        }
        next = Math.min(next, Math.min(keepAliveAtNs, lease.get().expiresAtNs()));
        return Math.min(next, channels.nextCheckNs());
    }

    /// The next request to send, or null.
    public Datagram pollTransmit() {
        return transactions.pollTransmit();
    }

    /// The next thing learned, or null.
    public AllocationEvent pollEvent() {
        return events.poll();
    }
}
