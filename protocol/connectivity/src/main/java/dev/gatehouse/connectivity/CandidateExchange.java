package dev.gatehouse.connectivity;

import dev.gatehouse.connectivity.peer.LocalCandidates;
import dev.gatehouse.connectivity.peer.SignalRepeat;
import dev.gatehouse.ice.Candidate;
import dev.gatehouse.ice.IceAgent;
import dev.gatehouse.turn.Allocation;
import dev.gatehouse.turn.AllocationEvent;
import dev.gatehouse.wire.Endpoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/// What we and one peer tell each other of our addresses: gives them to the ICE agent, signals
/// ours, takes them back and signals them again, and asks a relay for channels to the peer's, of
/// which it remembers 64. Owned by its [Connection].
final class CandidateExchange {
    private static final int BIND_TARGETS_MAX = 64;

    private final NodeContext context;
    private final String peerId;
    private final IceAgent agent;
    private final List<Candidate> signalled = new ArrayList<>();
    private final List<Endpoint> bindTargets = new ArrayList<>();
    private final SignalRepeat repeat = new SignalRepeat();

    CandidateExchange(NodeContext context, String peerId, IceAgent agent) {
        this.context = context;
        this.peerId = peerId;
        this.agent = agent;
    }

    /// Goes on with what a predecessor signalled, but for addresses at relays that are gone.
    void resume(List<Candidate> locals, List<Candidate> remotes, long nowNs) {
        for (var candidate : locals) {
            boolean isGone =
                    candidate.kind() == Candidate.Kind.RELAYED
                            && context.relays().owning(candidate.address()) == null;
            if (isGone) {
                agent.removeLocalCandidate(candidate, nowNs);
            } else {
                signalled.add(candidate);
            }
        }
        remotes.forEach(this::rememberBindTarget);
    }

    /// Adds what all relays know of our addresses, the best first.
    ///
    /// @param selected the relay of the connection
    void addKnown(Allocation selected, long nowNs) {
        var known = new ArrayList<Candidate>();
        for (var relay : context.relays().list()) {
            for (var event : relay.known()) {
                LocalCandidates.of(event, relay == selected).ifPresent(known::add);
            }
        }
        known.sort(Comparator.comparingLong(Candidate::priority).reversed());
        known.forEach(candidate -> addLocal(candidate, false, nowNs));
    }

    /// The connection has selected another relay: adds what that knows, and asks it for channels.
    ///
    /// @param hasPath like that of [#handleRelayEvent]
    void handleSelected(Allocation relay, boolean hasPath, long nowNs) {
        bindAll(relay, nowNs);
        for (var event : relay.known()) {
            LocalCandidates.of(event, true).ifPresent(c -> addLocal(c, hasPath, nowNs));
        }
    }

    /// Hosts and reflexive addresses of all relays are ours; relayed ones only of the selected
    /// relay.
    ///
    /// @param isSelected whether the event is of the relay that the connection selected
    /// @param hasPath whether the peer may not hear of it, because what changed cut off the portal
    void handleRelayEvent(
            Allocation from,
            AllocationEvent event,
            boolean isSelected,
            boolean hasPath,
            long nowNs) {
        switch (event) {
            case AllocationEvent.RelayedGone(var address) ->
                    removeLocals(
                            c -> c.kind() == Candidate.Kind.RELAYED && c.address().equals(address),
                            nowNs);
            case AllocationEvent.HostGone(var address) ->
                    removeLocals(c -> c.base().equals(address), nowNs);
            case AllocationEvent.RelayedFound _ when isSelected -> bindAll(from, nowNs);
            default -> {}
        }
        LocalCandidates.of(event, isSelected).ifPresent(c -> addLocal(c, hasPath, nowNs));
    }

    private void addLocal(Candidate candidate, boolean hasPath, long nowNs) {
        agent.addLocalCandidate(candidate, nowNs)
                .ifPresent(
                        added -> {
                            signalled.add(added);
                            signal(added);
                            if (hasPath) {
                                repeat.handleChanged(nowNs);
                            }
                        });
    }

    private void removeLocals(Predicate<Candidate> areGone, long nowNs) {
        for (var candidate : List.copyOf(signalled)) {
            if (areGone.test(candidate)) {
                signalled.remove(candidate);
                agent.removeLocalCandidate(candidate, nowNs);
                context.events().add(new NodeEvent.LocalCandidateGone(peerId, sdp(candidate)));
            }
        }
    }

    /// Asks `relay` for channels to all remembered addresses of the peer.
    private void bindAll(Allocation relay, long nowNs) {
        bindTargets.forEach(peer -> relay.bind(peer, nowNs));
    }

    void signalAll() {
        signalled.forEach(this::signal);
    }

    /// Whether candidates are to be signalled again, see [SignalRepeat#isDue].
    boolean isRepeatDue(long heardNs, long nowNs) {
        return repeat.isDue(heardNs, nowNs);
    }

    /// When [#isRepeatDue] has something to say.
    long repeatDeadlineNs() {
        return repeat.deadlineNs();
    }

    private void signal(Candidate candidate) {
        context.events().add(new NodeEvent.LocalCandidate(peerId, sdp(candidate)));
    }

    private String sdp(Candidate candidate) {
        return candidate.toSdp(agent.localCredentials().ufrag());
    }

    /// Adds an address that the peer signalled. Returns true if a channel is to lead there.
    boolean addRemote(Candidate candidate, long nowNs) {
        boolean isNews = agent.addRemoteCandidate(candidate, nowNs);
        boolean isBindTarget = rememberBindTarget(candidate);
        return isNews && isBindTarget;
    }

    /// The first 64: all connections share the 4,096 channels of an allocation, and a peer may name
    /// any number of addresses. Those beyond get a channel when a check is to go there.
    private boolean rememberBindTarget(Candidate candidate) {
        if (bindTargets.contains(candidate.address())) {
            return true;
        }
        boolean isNeeded =
                candidate.kind() != Candidate.Kind.HOST && bindTargets.size() < BIND_TARGETS_MAX;
        return isNeeded && bindTargets.add(candidate.address());
    }

    void removeRemote(Candidate candidate, long nowNs) {
        bindTargets.remove(candidate.address());
        agent.removeRemoteCandidate(candidate, nowNs);
    }
}
