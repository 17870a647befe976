package dev.gatehouse.portal.hub.authorization;

import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.wire.LookupTable;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The requests gateways were asked to consent to, by ref, the oldest first: all live equally long.
/// For each client and resource one of them is open.
final class PendingFlows {
    static final long NEVER = Long.MAX_VALUE;

    /// `answered` requests stay until their time is over: a repetition may be answered once more.
    record Pending(FlowTerms terms, boolean renewal, boolean answered, long timeoutAtNs) {}

    private record Flow(long clientSession, String resourceId) {
        static Flow of(Pending request) {
            return new Flow(request.terms.client().id(), request.terms.resource().id());
        }
    }

    private final Map<String, Pending> byRef = new LinkedHashMap<>();
    private final LookupTable<Flow, String> openRefs = new LookupTable<>();
    private final LookupTable<String, String> refsByAuthorization = new LookupTable<>();
    private final LookupTable<Long, Set<String>> refsBySession = new LookupTable<>();

    /// Returns null if the ref is unknown.
    Pending find(String ref) {
        return byRef.get(ref);
    }

    /// The ref under which the client waits for this resource, or null.
    String openRef(Session.Client client, String resourceId) {
        return openRefs.get(new Flow(client.id(), resourceId));
    }

    void add(String ref, Pending request) {
        byRef.put(ref, request);
        openRefs.put(Flow.of(request), ref);
        refsByAuthorization.put(request.terms.authorization().id(), ref);
        of(request.terms.client()).add(ref);
        of(request.terms.gateway()).add(ref);
    }

    private Set<String> of(Session session) {
        var refs = refsBySession.get(session.id());
        if (refs == null) {
            refs = new LinkedHashSet<>();
            refsBySession.put(session.id(), refs);
        }
        return refs;
    }

    void answered(String ref) {
        var request = byRef.get(ref);
        byRef.put(ref, new Pending(request.terms, request.renewal, true, request.timeoutAtNs));
        close(ref, request);
    }

    private void close(String ref, Pending request) {
        var flow = Flow.of(request);
        if (ref.equals(openRefs.get(flow))) {
            openRefs.remove(flow);
        }
    }

    void forget(Authorization authorization) {
        String ref = refsByAuthorization.get(authorization.id());
        if (ref != null) {
            remove(ref);
        }
    }

    void forget(Session session) {
        var refs = refsBySession.get(session.id());
        if (refs != null) {
            List.copyOf(refs).forEach(this::remove);
        }
    }

    private Pending remove(String ref) {
        var request = byRef.remove(ref);
        close(ref, request);
        refsByAuthorization.remove(request.terms.authorization().id());
        unlink(ref, request.terms.client());
        unlink(ref, request.terms.gateway());
        return request;
    }

    private void unlink(String ref, Session session) {
        var refs = refsBySession.get(session.id());
        refs.remove(ref);
        if (refs.isEmpty()) {
            refsBySession.remove(session.id());
        }
    }

    /// When the oldest one's time is over.
    long pollTimeout() {
        return byRef.isEmpty() ? NEVER : byRef.values().iterator().next().timeoutAtNs;
    }

    /// Takes the oldest one if its time is over, or returns null.
    Pending pollTimedOut(long nowNs) {
        return pollTimeout() <= nowNs ? remove(byRef.keySet().iterator().next()) : null;
    }

    int size() {
        return byRef.size();
    }
}
