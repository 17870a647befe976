package dev.gatehouse.ice;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.TokenBucket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.random.RandomGenerator;

/// Finds the best path to one peer: pairs all addresses, checks all pairs at once and for ever,
/// and settles on the best pair that the controlling side nominates (tunnel.md section 2).
///
/// Sans-IO. Every call that takes `nowNs` also sends the checks that are due; drain
/// [#pollTransmit] and [#pollEvent] after each. There is no pacing, no frozen state and no restart.
///
/// The owner decides when the agent is idle, and when it has been disconnected or without remote
/// candidates for too long ([IceTimeouts] has those limits too).
///
/// Deviations from RFC 8445: the role never changes (a conflict is answered with 487), a nominated
/// pair is in use before our own check of it has succeeded, and the controlled side leaves a
/// nominated pair that its peer no longer uses (tunnel.md 2.12 would wait until it is dead).
public final class IceAgent {
    public static final long NEVER = Long.MAX_VALUE;

    static final int LOCAL_CANDIDATES_MAX = 64;

    /// Addresses that a peer may show us at once, by signals and by requests: eight times those of
    /// a host with 32, and twice as many as are remembered.
    static final int CANDIDATES_BURST = 256;

    /// And how many more a second: such a host may change its network every two seconds.
    static final int CANDIDATES_PER_SECOND = 16;

    private final Role role;
    private final CheckMessages messages;
    private final Nomination nomination;
    private final IceTimeouts timeouts;
    private final RandomGenerator random;

    private final List<KnownCandidate> locals = new ArrayList<>();
    private final RemoteCandidates remotes = new RemoteCandidates();
    private final TokenBucket share = new TokenBucket(CANDIDATES_PER_SECOND, CANDIDATES_BURST);
    private final CheckList pairs = new CheckList();
    private final Queue<IceTransmit> transmits = new ArrayDeque<>();
    private final Queue<IceEvent> events = new ArrayDeque<>();
    private IceState state = IceState.CHECKING;
    private Optional<IceEvent.Nominated> selected = Optional.empty();
    private boolean idle;
    private int revision;
    private int refused;

    /// @param random also gives the tie breaker and the transaction ids
    public IceAgent(
            Role role,
            IceCredentials local,
            IceCredentials remote,
            IceTimeouts timeouts,
            RandomGenerator random,
            long nowNs) {
        this(role, new CheckMessages(role, local, remote, random.nextLong()), timeouts, random);
        assert nowNs >= 0 : nowNs;
    }

    private IceAgent(
            Role role, CheckMessages messages, IceTimeouts timeouts, RandomGenerator random) {
        this.role = role;
        this.messages = messages;
        this.nomination = new Nomination(role, timeouts);
        this.timeouts = timeouts;
        this.random = random;
    }

    /// Goes on as the agent that [#snapshot] was taken of: answers checks of the same credentials,
    /// keeps the path, and checks all pairs anew. [#nominated] tells the path; no event does.
    public static IceAgent restore(
            IceSnapshot snapshot, IceTimeouts timeouts, RandomGenerator random, long nowNs) {
        var messages =
                new CheckMessages(
                        snapshot.role(),
                        snapshot.localCredentials(),
                        snapshot.remoteCredentials(),
                        snapshot.tieBreaker());
        var agent = new IceAgent(snapshot.role(), messages, timeouts, random);
        snapshot.localCandidates().forEach(c -> agent.locals.add(new KnownCandidate(c)));
        snapshot.remoteCandidates().forEach(agent.remotes::add);
        agent.locals.forEach(agent::pairWithRemotes);
        agent.selected = snapshot.nominated();
        agent.selected
                .flatMap(path -> agent.pairs.find(path.local(), path.remote()))
                .ifPresent(CandidatePair::restoreSucceeded);
        agent.advance(nowNs);
        return agent;
    }

    public IceSnapshot snapshot() {
        return new IceSnapshot(
                role,
                messages.local(),
                messages.remote(),
                messages.tieBreaker(),
                live(locals),
                live(remotes.all()),
                selected);
    }

    /// Differs from what it was before whenever [#snapshot] does; may differ when that does not.
    public int revision() {
        return revision;
    }

    private static List<Candidate> live(List<KnownCandidate> candidates) {
        return candidates.stream()
                .filter(KnownCandidate::isLive)
                .map(KnownCandidate::candidate)
                .toList();
    }

    /// Adds an address of ours.
    ///
    /// @return the candidate to signal: with its final priority and our ufrag; empty if it is known
    ///     already, not usable, or one too many
    public Optional<Candidate> addLocalCandidate(Candidate candidate, long nowNs) {
        if (!candidate.isUsable()) {
            return Optional.empty();
        }
        var known = locals.stream().filter(c -> c.candidate().isSame(candidate)).findFirst();
        if (known.isPresent() && known.get().isLive()
                || known.isEmpty() && locals.size() >= LOCAL_CANDIDATES_MAX) {
            return Optional.empty();
        }
        var added = known.orElseGet(() -> rank(candidate));
        added.revive();
        revision++;
        pairWithRemotes(added);
        advance(nowNs);
        return Optional.of(added.candidate().withUfrag(messages.local().ufrag()));
    }

    private KnownCandidate rank(Candidate candidate) {
        int earlier = 0;
        for (var other : locals) {
            var c = other.candidate();
            boolean alike = c.kind() == candidate.kind();
            earlier += alike && c.address().family() == candidate.address().family() ? 1 : 0;
        }
        var ranked = new KnownCandidate(candidate.after(earlier));
        locals.add(ranked);
        return ranked;
    }

    /// Forgets an address of ours and all its pairs. Does nothing if it is not known.
    public void removeLocalCandidate(Candidate candidate, long nowNs) {
        var known =
                locals.stream()
                        .filter(c -> c.isLive() && c.candidate().isSame(candidate))
                        .findFirst();
        if (known.isPresent()) {
            discard(known.get());
            // Another candidate may have stood behind this one for the same paths.
            locals.stream()
                    .filter(c -> c.candidate().base().equals(candidate.base()))
                    .forEach(this::pairWithRemotes);
        }
        advance(nowNs);
    }

    /// Adds an address that the peer signalled, and at most two that its addresses suggest.
    /// One that names another agent than our peer's is ignored, one that is known and in use costs
    /// a look-up, and all others are taken from the peer's share ([#takeRefused]).
    ///
    /// @return false if nothing came of it
    public boolean addRemoteCandidate(Candidate candidate, long nowNs) {
        boolean isOthers =
                candidate.ufrag().filter(u -> !u.equals(messages.remote().ufrag())).isPresent();
        if (isOthers || !candidate.isUsable()) {
            return false;
        }
        var known = remotes.find(candidate);
        boolean isInUse = known.filter(k -> k.isLive() && k.isPaired()).isPresent();
        if (isInUse && !remotes.mayHaveOptimistic() || !mayChange(nowNs)) {
            return false;
        }
        addRemote(candidate.withoutUfrag());
        remotes.optimistic().forEach(this::addRemote);
        advance(nowNs);
        return true;
    }

    private boolean mayChange(long nowNs) {
        boolean may = share.take(nowNs);
        refused += may ? 0 : 1;
        return may;
    }

    /// Addresses of the peer that were refused since the last call because it showed too many.
    public int takeRefused() {
        int count = refused;
        refused = 0;
        return count;
    }

    private void addRemote(Candidate candidate) {
        var known = remotes.find(candidate);
        if (known.isPresent()) {
            boolean isInUse = known.get().isLive() && known.get().isPaired();
            revision += known.get().isLive() ? 0 : 1;
            remotes.revive(known.get());
            if (!isInUse) {
                pairWithLocals(known.get());
            }
            return;
        }
        var reflexive = remotes.peerReflexive(candidate.address());
        if (reflexive.isPresent()) {
            // It was paired with the address that its checks reached alone; the others follow.
            remotes.replace(reflexive.get(), candidate);
            revision++;
            pairWithLocals(reflexive.get());
            return;
        }
        remember(candidate).ifPresent(this::pairWithLocals);
    }

    private Optional<KnownCandidate> remember(Candidate remote) {
        revision++;
        return remotes.add(remote);
    }

    /// Forgets an address of the peer and all its pairs; its requests are ignored from here on.
    public void removeRemoteCandidate(Candidate candidate, long nowNs) {
        var known = remotes.find(candidate).filter(KnownCandidate::isLive);
        if (known.isPresent()) {
            discard(known.get());
            // Another candidate may have stood behind this one for the same path.
            remotes.at(candidate.address()).forEach(this::pairWithLocals);
            advance(nowNs);
        }
    }

    private void discard(KnownCandidate candidate) {
        candidate.discard();
        revision++;
        pairs.removeIf(pair -> pair.isOf(candidate));
    }

    private void pairWithRemotes(KnownCandidate local) {
        for (var remote : remotes.all()) {
            pair(local, remote);
        }
    }

    private void pairWithLocals(KnownCandidate remote) {
        for (var local : locals) {
            pair(local, remote);
        }
    }

    /// Two pairs of one base and one remote address are the same path: the better one stands.
    private void pair(KnownCandidate local, KnownCandidate remote) {
        Endpoint base = local.candidate().base();
        Endpoint address = remote.candidate().address();
        if (!local.isLive() || !remote.isLive() || base.family() != address.family()) {
            return;
        }
        var existing = pairs.find(base, address);
        if (existing.isEmpty()) {
            var added = new CandidatePair(role, timeouts, local, remote);
            added.setIdle(idle, 0);
            pairs.add(added);
        } else if (isBetter(local, remote, existing.get())) {
            existing.get().replace(local, remote);
        }
    }

    private boolean isBetter(KnownCandidate local, KnownCandidate remote, CandidatePair than) {
        long priority = CandidatePair.priority(role, local.candidate(), remote.candidate());
        return Long.compareUnsigned(priority, than.priority()) > 0;
    }

    /// True if this message is of this agent and its peer: the names and the integrity of a
    /// request, the transaction and the integrity of a response.
    public boolean accepts(StunMessage message) {
        if (message.method() != StunMethods.BINDING || message.malformedAttribute().isPresent()) {
            return false;
        }
        return switch (message.messageClass()) {
            case REQUEST -> messages.isRequestToUs(message);
            case SUCCESS ->
                    message.xorMappedAddress().isPresent()
                            && sent(message.transactionId()).isPresent()
                            && messages.isAnswerOfPeer(message);
            case ERROR, INDICATION -> false;
        };
    }

    private Optional<CandidatePair> sent(TransactionId id) {
        return pairs.stream().filter(pair -> pair.sent(id)).findFirst();
    }

    /// Takes a message that [#accepts] said yes to.
    ///
    /// @param local where it arrived: a socket's address, or our relayed address
    /// @param remote where it came from, as the socket or the relay says
    public void handleMessage(StunMessage message, Endpoint local, Endpoint remote, long nowNs) {
        switch (message.messageClass()) {
            case REQUEST -> handleRequest(message, local, remote, nowNs);
            case SUCCESS ->
                    // A mapped address that is not ours would be a peer-reflexive candidate of
                    // ours: nothing depends on it, so it is not kept.
                    sent(message.transactionId())
                            .ifPresent(pair -> pair.handleAnswer(message.transactionId(), nowNs));
            case ERROR, INDICATION -> {}
        }
        advance(nowNs);
    }

    private void handleRequest(
            StunMessage message, Endpoint localAddress, Endpoint remoteAddress, long nowNs) {
        var local = liveLocal(localAddress);
        if (local.isEmpty()) {
            return;
        }
        if (messages.isRoleConflict(message)) {
            var refusal = messages.roleConflict(message.transactionId());
            transmits.add(new IceTransmit(localAddress, remoteAddress, refusal));
            return;
        }
        var remote = sourceOf(message, remoteAddress, nowNs);
        if (remote.isEmpty()) {
            return;
        }
        pair(local.get(), remote.get());
        var reply = messages.reply(message.transactionId(), remoteAddress);
        transmits.add(new IceTransmit(localAddress, remoteAddress, reply));
        boolean nominates = role == Role.CONTROLLED && message.useCandidate();
        pairs.find(localAddress, remoteAddress)
                .ifPresent(
                        pair -> {
                            pair.handleRequest(nowNs);
                            if (nominates && !pair.isNominated()) {
                                pair.nominate(nowNs);
                            }
                        });
    }

    /// A host or relayed candidate; reflexive ones receive at their base.
    private Optional<KnownCandidate> liveLocal(Endpoint address) {
        return locals.stream()
                .filter(KnownCandidate::isLive)
                .filter(c -> c.candidate().address().equals(address))
                .filter(c -> c.candidate().base().equals(address))
                .findFirst();
    }

    /// The remote candidate that a request came from, made if need be; empty if it was invalidated,
    /// or if the peer has shown too many addresses.
    private Optional<KnownCandidate> sourceOf(StunMessage request, Endpoint address, long nowNs) {
        var known = remotes.live(address);
        if (known.isPresent() || remotes.isKnown(address) || !mayChange(nowNs)) {
            return known;
        }
        long priority = request.priority().orElseThrow();
        return remember(Candidate.of(Candidate.Kind.PEER_REFLEXIVE, address, address, priority));
    }

    /// In idle mode pairs are checked every 25 s. No effect if the mode is the same.
    public void setIdle(boolean idle, long nowNs) {
        if (this.idle != idle) {
            this.idle = idle;
            pairs.forEach(pair -> pair.setIdle(idle, nowNs));
            advance(nowNs);
        }
    }

    public boolean isIdle() {
        return idle;
    }

    public void handleTimeout(long nowNs) {
        advance(nowNs);
    }

    /// Brings everything that follows from the last change up to date.
    private void advance(long nowNs) {
        pairs.removeIf(pair -> pair.isDead(nowNs));
        pairs.sort();
        pairs.limit();
        nomination.nominateBest(pairs, nowNs);
        sendDueChecks(nowNs);
        select();
        become(evaluate());
    }

    private void sendDueChecks(long nowNs) {
        for (boolean nominated : new boolean[] {true, false}) {
            for (var pair : pairs) {
                if (pair.isNominated() == nominated && nowNs >= pair.nextCheckNs()) {
                    sendCheck(pair, nowNs);
                }
            }
        }
    }

    private void sendCheck(CandidatePair pair, long nowNs) {
        var id = TransactionId.random(random);
        transmits.add(new IceTransmit(pair.base(), pair.address(), messages.check(pair, id)));
        pair.handleSent(id, nowNs);
    }

    /// Takes the best nominated pair. If none is left the old path stays until the next nomination.
    /// A candidate of another kind for the same addresses is no news.
    private void select() {
        var nominated = nomination.path(pairs, idle);
        if (nominated.isEmpty()) {
            return;
        }
        var path = nominated.get();
        if (selected.filter(old -> isSamePath(old, path)).isEmpty()) {
            events.add(path);
        }
        if (selected.filter(path::equals).isEmpty()) {
            selected = Optional.of(path);
            revision++;
        }
    }

    private static boolean isSamePath(IceEvent.Nominated a, IceEvent.Nominated b) {
        return a.local().equals(b.local()) && a.remote().equals(b.remote());
    }

    private IceState evaluate() {
        boolean nominated = pairs.stream().anyMatch(CandidatePair::isNominated);
        boolean possible =
                locals.isEmpty()
                        || remotes.isEmpty()
                        || pairs.stream().anyMatch(pair -> !pair.isNominated());
        if (nominated) {
            return possible ? IceState.CONNECTED : IceState.COMPLETED;
        }
        return possible ? IceState.CHECKING : IceState.DISCONNECTED;
    }

    private void become(IceState next) {
        if (next != state) {
            state = next;
            events.add(new IceEvent.StateChanged(next));
        }
    }

    /// The next time at which [#handleTimeout] has work, or [#NEVER].
    public long pollTimeout() {
        long nextNs = NEVER;
        for (var pair : pairs) {
            nextNs = Math.min(nextNs, pair.nextCheckNs());
        }
        return nextNs;
    }

    /// The next message to send, or null.
    public IceTransmit pollTransmit() {
        return transmits.poll();
    }

    /// The next event, or null.
    public IceEvent pollEvent() {
        return events.poll();
    }

    public IceState state() {
        return state;
    }

    /// The path to send on; stays after its pair is lost until another one is nominated.
    public Optional<IceEvent.Nominated> nominated() {
        return selected;
    }

    public Role role() {
        return role;
    }

    public IceCredentials localCredentials() {
        return messages.local();
    }

    public IceCredentials remoteCredentials() {
        return messages.remote();
    }

    RemoteCandidates remoteCandidates() {
        return remotes;
    }

    /// True once a candidate of the peer is known, signalled or seen.
    public boolean hasRemoteCandidates() {
        return !remotes.isEmpty();
    }
}
