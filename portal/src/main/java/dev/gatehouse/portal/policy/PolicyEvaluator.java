package dev.gatehouse.portal.policy;

import dev.gatehouse.portal.directory.Condition;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Directory.Policy;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.wire.IpNetwork;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// Decides whether policies let a client use a resource (portal-channel.md 7.7).
public final class PolicyEvaluator {
    /// Unix seconds: no expiry (2038-01-01, the constant the hosted portal uses).
    public static final long NEVER = 2_145_916_800L;

    private final Directory directory;

    public PolicyEvaluator(Directory directory) {
        this.directory = directory;
    }

    /// What became of a request.
    public sealed interface Verdict {
        /// `expiresAt` is in unix seconds, [#NEVER] without time conditions.
        record Allowed(Policy policy, long expiresAt) implements Verdict {}

        /// No policy of the actor names the resource.
        record NoPolicy() implements Verdict {}

        /// Every policy failed; the properties that failed, each once.
        record Violated(List<String> properties) implements Verdict {}
    }

    /// Evaluates every policy of the resource and takes the one whose conditions last longest.
    public Verdict evaluate(ClientFacts client, String resourceId, long nowSeconds) {
        var policies = policies(client, resourceId);
        Set<String> violated = new LinkedHashSet<>();
        Verdict.Allowed best = null;
        for (var policy : policies) {
            var failed = violations(policy, client, nowSeconds);
            violated.addAll(failed);
            if (failed.isEmpty()) {
                long until = expiry(policy, nowSeconds);
                best = best == null || until > best.expiresAt() ? allowed(policy, until) : best;
            }
        }
        if (best != null) {
            return best;
        }
        return policies.isEmpty()
                ? new Verdict.NoPolicy()
                : new Verdict.Violated(List.copyOf(violated));
    }

    private static Verdict.Allowed allowed(Policy policy, long until) {
        return new Verdict.Allowed(policy, until);
    }

    private List<Policy> policies(ClientFacts client, String resourceId) {
        return directory.policiesOf(resourceId).stream()
                .filter(Policy::enabled)
                .filter(p -> directory.isMember(client.actorId(), p.groupId()))
                .toList();
    }

    /// The resources the client may be offered at this moment, in the directory's order.
    public List<Resource> connectable(ClientFacts client, long nowSeconds) {
        var list = new ArrayList<Resource>();
        for (var resource : directory.resources()) {
            if (resource.enabled()
                    && !resource.siteIds().isEmpty()
                    && evaluate(client, resource.id(), nowSeconds) instanceof Verdict.Allowed) {
                Representation.forVersion(resource, client.version()).ifPresent(list::add);
            }
        }
        return list;
    }

    private static List<String> violations(Policy policy, ClientFacts client, long nowSeconds) {
        return policy.conditions().stream()
                .filter(c -> !holds(c, client, nowSeconds))
                .map(c -> c.property().wire())
                .toList();
    }

    private static boolean holds(Condition condition, ClientFacts client, long nowSeconds) {
        var values = condition.values();
        return switch (condition.operator()) {
            case IS_IN -> fact(condition, client).map(values::contains).orElse(false);
            case IS_NOT_IN -> isNotIn(condition, client);
            case IS_IN_CIDR -> isInAnyCidr(values, client);
            case IS_NOT_IN_CIDR -> !isInAnyCidr(values, client);
            case IS_IN_DAY_OF_WEEK_TIME_RANGES -> rangeEnd(condition, nowSeconds).isPresent();
            case IS -> !values.contains("true") || client.verified();
        };
    }

    /// An unknown country satisfies neither operator: a rule about places must not be met by
    /// hiding the place. An unknown provider is not in any list.
    private static boolean isNotIn(Condition condition, ClientFacts client) {
        var fact = fact(condition, client);
        if (fact.isEmpty()) {
            return condition.property() == Condition.Property.PROVIDER_ID;
        }
        return !condition.values().contains(fact.get());
    }

    private static Optional<String> fact(Condition condition, ClientFacts client) {
        return switch (condition.property()) {
            case REMOTE_IP_LOCATION_REGION -> client.location().region();
            case PROVIDER_ID -> client.providerId();
            case REMOTE_IP, CURRENT_UTC_DATETIME, CLIENT_VERIFIED -> Optional.empty();
        };
    }

    private static boolean isInAnyCidr(List<String> cidrs, ClientFacts client) {
        return cidrs.stream().anyMatch(c -> IpNetwork.parse(c).contains(client.remoteIp()));
    }

    private static OptionalLong rangeEnd(Condition condition, long nowSeconds) {
        return condition.values().stream()
                .map(TimeRanges::parse)
                .map(r -> r.endOfRangeAt(nowSeconds))
                .filter(OptionalLong::isPresent)
                .mapToLong(OptionalLong::getAsLong)
                .max();
    }

    private static long expiry(Policy policy, long nowSeconds) {
        return policy.conditions().stream()
                .filter(c -> c.property() == Condition.Property.CURRENT_UTC_DATETIME)
                .mapToLong(c -> rangeEnd(c, nowSeconds).orElse(nowSeconds))
                .min()
                .orElse(NEVER);
    }
}
