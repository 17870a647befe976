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
        if (isFull(waiting.command())) {
            dropped++;
        } else {
            put(waiting, false);
        }
    }

    /// Before all others, however many they are; what waits for the same is newer, and counts.
    void addFirst(Waiting waiting) {
        put(waiting, true);
    }

    private boolean isFull(Command command) {
        return switch (command) {
            case Command.AddCandidates _, Command.RemoveCandidates _ -> {
                var share = shares.get(clientOf(command));
                yield share != null && share.candidates >= CANDIDATES_PER_CLIENT_MAX;
            }
            case Command.Authorize _ -> {
                var share = shares.get(clientOf(command));
                yield authorizations >= AUTHORIZATIONS_MAX
                        || share != null && share.authorizations >= AUTHORIZATIONS_PER_CLIENT_MAX;
            }
            case Command.Configure _,
                    Command.Reject _,
                    Command.UpdateResource _,
                    Command.UpdateExpiry _,
                    Command.UpdateRelays _,
                    Command.Reconcile _ ->
                    false;
        };
    }

    private void put(Waiting waiting, boolean isFirst) {
        var command = waiting.command();
        switch (command) {
            case Command.AddCandidates _, Command.RemoveCandidates _ ->
                    putCandidates(waiting, isFirst);
            case Command.Authorize _ -> {
                if (putState(waiting, isFirst) == null) {
                    shareOf(command).authorizations++;
                    authorizations++;
                }
            }
            case Command.UpdateRelays relays -> putRelays(relays, waiting.sinceNs(), isFirst);
            case Command.Configure _,
                    Command.Reject _,
                    Command.UpdateResource _,
                    Command.UpdateExpiry _,
                    Command.Reconcile _ -> {
                var newer = isFirst ? state.get(slot(command)) : null;
                putState(newer == null ? waiting : newer, isFirst);
            }
        }
    }

    private void putCandidates(Waiting waiting, boolean isFirst) {
        shareOf(waiting.command()).candidates++;
        if (isFirst) {
            candidates.addFirst(waiting);
            return;
        }
        candidates.addLast(waiting);
        if (candidates.size() > CANDIDATES_MAX) {
            pollCandidates();
            dropped++;
        }
    }

    private Waiting putState(Waiting waiting, boolean isFirst) {
        String slot = slot(waiting.command());
        return isFirst ? state.putFirst(slot, waiting) : state.putLast(slot, waiting);
    }

    /// What waits says both: in the place of the older one, or before all others.
    private void putRelays(Command.UpdateRelays relays, long sinceNs, boolean isFirst) {
        String slot = slot(relays);
        var waits = state.get(slot);
        var both = relays;
        if (waits != null) {
            var other = (Command.UpdateRelays) waits.command();
            both = isFirst ? merge(relays, other) : merge(other, relays);
        }
        var waiting = new Waiting(both, sinceNs);
        if (isFirst) {
            state.putFirst(slot, waiting);
        } else {
            state.put(slot, waiting); // keeps its place
        }
    }

    private Share shareOf(Command command) {
        return shares.computeIfAbsent(clientOf(command), _ -> new Share());
    }

    private void forgetIfEmpty(String clientId, Share share) {
        if (share.authorizations == 0 && share.candidates == 0) {
            shares.remove(clientId);
        }
    }

    private static Command.UpdateRelays merge(
            Command.UpdateRelays older, Command.UpdateRelays newer) {
        var removed = new LinkedHashSet<>(older.request().getRemovedIdsList());
        removed.addAll(newer.request().getRemovedIdsList());
        var relays = new LinkedHashMap<String, Relay>();
        older.request().getRelaysList().forEach(relay -> relays.put(relay.getId(), relay));
        newer.request().getRemovedIdsList().forEach(relays::remove);
        newer.request().getRelaysList().forEach(relay -> relays.put(relay.getId(), relay));
        return new Command.UpdateRelays(
                UpdateRelaysRequest.newBuilder()
                        .addAllRemovedIds(removed)
                        .addAllRelays(relays.values())
                        .build());
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
        var command = next.getValue().command();
        if (command instanceof Command.Authorize) {
            authorizations--;
            var share = shareOf(command);
            share.authorizations--;
            forgetIfEmpty(clientOf(command), share);
        }
        return next.getValue();
    }

    private Waiting pollCandidates() {
        var waiting = candidates.pollFirst();
        if (waiting != null) {
            var share = shareOf(waiting.command());
            share.candidates--;
            forgetIfEmpty(clientOf(waiting.command()), share);
        }
        return waiting;
    }

    private static String clientOf(Command command) {
        return switch (command) {
            case Command.AddCandidates(var request) -> request.getClientId();
            case Command.RemoveCandidates(var request) -> request.getClientId();
            case Command.Authorize(var request, _) -> request.getClient().getId();
            case Command.Configure _,
                    Command.Reject _,
                    Command.UpdateResource _,
                    Command.UpdateExpiry _,
                    Command.UpdateRelays _,
                    Command.Reconcile _ ->
                    throw new IllegalArgumentException("has no share");
        };
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
