package dev.gatehouse.controlplane.flow;

import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;

/// Commands on their way to the data plane, one at a time: state first, candidates behind it.
///
/// What takes something away or sets it for all is never lost: a newer one of a kind replaces the
/// one that waits for the same, so there are no more than there are things to tell of.
/// Authorizations and candidates are limited for a client and in all, and what is beyond that is
/// dropped, and counted: an authorization that is new, for its client asks again, and of the
/// candidates of all the oldest.
final class CommandQueue {
    /// Twice what the portal judges of one client at once.
    static final int AUTHORIZATIONS_PER_CLIENT_MAX = 4_096;

    /// All clients that come back at once, each with some of its resources.
    static final int AUTHORIZATIONS_MAX = 65_536;

    /// Messages: a peer sends some when it begins, and when its network changes.
    static final int CANDIDATES_PER_CLIENT_MAX = 64;

    static final int CANDIDATES_MAX = 16_384;

    record Waiting(Command command, long sinceNs) {}

    /// What waits of one client.
    private static final class Share {
        private int authorizations;
        private int candidates;
    }

    private final SequencedMap<String, Waiting> state = new LinkedHashMap<>(); // by what it is of
    private final ArrayDeque<Waiting> candidates = new ArrayDeque<>();
    private final Map<String, Share> shares = new LinkedHashMap<>();
    private int authorizations;
    private long dropped;

    void add(Waiting waiting) {
        switch (waiting.command()) {
            case Command.AddCandidates(var request) ->
                    addCandidates(request.getClientId(), waiting);
            case Command.RemoveCandidates(var request) ->
                    addCandidates(request.getClientId(), waiting);
            case Command.Authorize(var request, var ref) ->
                    addAuthorization(request.getClient().getId(), ref, waiting);
            case Command.UpdateRelays(var request) -> addRelays(request, waiting);
            case Command.Configure _,
                    Command.Reject _,
                    Command.UpdateResource _,
                    Command.UpdateExpiry _,
                    Command.Reconcile _ ->
                    state.putLast(slot(waiting.command()), waiting);
        }
    }

    private void addCandidates(String clientId, Waiting waiting) {
        var share = shares.computeIfAbsent(clientId, _ -> new Share());
        if (share.candidates >= CANDIDATES_PER_CLIENT_MAX) {
            dropped++;
            return;
        }
        share.candidates++;
        candidates.addLast(waiting);
        if (candidates.size() > CANDIDATES_MAX) {
            pollCandidates();
            dropped++;
        }
    }

    private void addAuthorization(String clientId, String ref, Waiting waiting) {
        var share = shares.computeIfAbsent(clientId, _ -> new Share());
        boolean isFull =
                share.authorizations >= AUTHORIZATIONS_PER_CLIENT_MAX
                        || authorizations >= AUTHORIZATIONS_MAX;
        if (isFull) {
            dropped++;
            forgetIfEmpty(clientId, share);
            return;
        }
        if (state.putLast("authorize/" + ref, waiting) == null) {
            share.authorizations++;
            authorizations++;
        }
    }

    private void forgetIfEmpty(String clientId, Share share) {
        if (share.authorizations == 0 && share.candidates == 0) {
            shares.remove(clientId);
        }
    }

    /// In the place of the one that waits, with what that one says.
    private void addRelays(UpdateRelaysRequest request, Waiting waiting) {
        state.merge(
                slot(waiting.command()),
                waiting,
                (older, newer) ->
                        new Waiting(
                                merge((Command.UpdateRelays) older.command(), request),
                                newer.sinceNs()));
    }

    private static Command.UpdateRelays merge(
            Command.UpdateRelays older, UpdateRelaysRequest newer) {
        var removed = new LinkedHashSet<>(older.request().getRemovedIdsList());
        removed.addAll(newer.getRemovedIdsList());
        var relays = new LinkedHashMap<String, Relay>();
        older.request().getRelaysList().forEach(relay -> relays.put(relay.getId(), relay));
        newer.getRemovedIdsList().forEach(relays::remove);
        newer.getRelaysList().forEach(relay -> relays.put(relay.getId(), relay));
        return new Command.UpdateRelays(
                UpdateRelaysRequest.newBuilder()
                        .addAllRemovedIds(removed)
                        .addAllRelays(relays.values())
                        .build());
    }

    /// Before all others; what waits for the same is newer, and counts.
    void addFirst(Waiting waiting) {
        switch (waiting.command()) {
            case Command.AddCandidates(var request) ->
                    returnCandidates(request.getClientId(), waiting);
            case Command.RemoveCandidates(var request) ->
                    returnCandidates(request.getClientId(), waiting);
            case Command.Authorize(var request, var ref) -> {
                if (state.putFirst("authorize/" + ref, waiting) == null) {
                    shares.computeIfAbsent(request.getClient().getId(), _ -> new Share())
                            .authorizations++;
                    authorizations++;
                }
            }
            case Command.UpdateRelays older -> {
                var newer = state.get(slot(older));
                var both =
                        newer == null
                                ? older
                                : merge(older, ((Command.UpdateRelays) newer.command()).request());
                state.putFirst(slot(older), new Waiting(both, waiting.sinceNs()));
            }
            case Command.Configure _,
                    Command.Reject _,
                    Command.UpdateResource _,
                    Command.UpdateExpiry _,
                    Command.Reconcile _ -> {
                String slot = slot(waiting.command());
                var newer = state.get(slot);
                state.putFirst(slot, newer == null ? waiting : newer);
            }
        }
    }

    private void returnCandidates(String clientId, Waiting waiting) {
        shares.computeIfAbsent(clientId, _ -> new Share()).candidates++;
        candidates.addFirst(waiting);
    }

    /// What a command sets: another one of the same slot makes it needless.
    private static String slot(Command command) {
        return switch (command) {
            case Command.Configure _ -> "configure";
            case Command.UpdateRelays _ -> "relays";
            case Command.Reconcile _ -> "reconcile";
            case Command.Reject(var request) -> "reject/" + text(request.getKey());
            case Command.UpdateExpiry(var request) -> "expiry/" + text(request.getKey());
            case Command.UpdateResource(var request) -> "resource/" + request.getResource().getId();
            case Command.Authorize(_, var ref) -> "authorize/" + ref;
            case Command.AddCandidates _, Command.RemoveCandidates _ ->
                    throw new IllegalArgumentException("candidates replace nothing");
        };
    }

    private static String text(AuthorizationKey key) {
        return key.getClientId() + "/" + key.getResourceId();
    }

    /// The next one, or null.
    Waiting poll() {
        var next = state.pollFirstEntry();
        if (next == null) {
            return pollCandidates();
        }
        if (next.getValue().command() instanceof Command.Authorize(var request, _)) {
            authorizations--;
            String clientId = request.getClient().getId();
            var share = shares.get(clientId);
            share.authorizations--;
            forgetIfEmpty(clientId, share);
        }
        return next.getValue();
    }

    private Waiting pollCandidates() {
        var waiting = candidates.pollFirst();
        if (waiting != null) {
            String clientId = clientOf(waiting.command());
            var share = shares.get(clientId);
            share.candidates--;
            forgetIfEmpty(clientId, share);
        }
        return waiting;
    }

    private static String clientOf(Command candidates) {
        return candidates instanceof Command.AddCandidates(var added)
                ? added.getClientId()
                : ((Command.RemoveCandidates) candidates).request().getClientId();
    }

    /// Whether an authorization of the client waits.
    boolean isAuthorizing(String clientId) {
        var share = shares.get(clientId);
        return share != null && share.authorizations > 0;
    }

    int size() {
        return state.size() + candidates.size();
    }

    /// Something taken turned out to be of no use any more.
    void countDropped() {
        dropped++;
    }

    /// Commands that did not get in, made room, or came too late.
    long dropped() {
        return dropped;
    }
}
