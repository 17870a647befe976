package dev.gatehouse.portal.hub.authorization;

import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Directory.Policy;
import dev.gatehouse.portal.directory.Directory.Token;
import dev.gatehouse.portal.hub.channel.Moment;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.policy.PolicyEvaluator.Verdict;
import dev.gatehouse.portal.state.Authorization;

/// Judges an authorization again when the directory has changed; changes nothing itself.
final class Judge {
    private final Sessions sessions;
    private final World world;

    Judge(Sessions sessions, World world) {
        this.sessions = sessions;
        this.world = world;
    }

    /// What is to become of an authorization.
    sealed interface Judgement {
        record Keep() implements Judgement {}

        record Renew(String policyId, long expiresAt) implements Judgement {}

        record Reject(String reason) implements Judgement {}
    }

    /// The directory in force was `before`.
    Judgement judge(Authorization a, Directory before, Moment now) {
        var directory = world.directory();
        var resource = directory.resource(a.resourceId());
        if (resource.isEmpty() || !resource.get().enabled()) {
            return new Judgement.Reject("resource is gone or disabled");
        }
        if (!resource.get().identity().equals(a.resourceIdentity())) {
            return new Judgement.Reject("resource has another address");
        }
        if (!resource.get().siteIds().contains(a.siteId())) {
            return new Judgement.Reject("site does not serve the resource");
        }
        var token = directory.token(a.tokenId());
        if (token.isEmpty()
                || !token.get().ownerId().equals(a.actorId())
                || !directory.isUsable(token.get(), now.unixSeconds())) {
            return new Judgement.Reject("client token is gone");
        }
        var policy = directory.policy(a.policyId());
        boolean untouched = policy.isPresent() && policy.equals(before.policy(a.policyId()));
        if (untouched && isApplicable(policy.get(), a, directory)) {
            return bounded(a, token.get());
        }
        return renewed(a, token.get(), now);
    }

    private static boolean isApplicable(Policy policy, Authorization a, Directory directory) {
        return policy.enabled()
                && policy.resourceId().equals(a.resourceId())
                && directory.isMember(a.actorId(), policy.groupId());
    }

    private static Judgement bounded(Authorization a, Token token) {
        return a.expiresAt() <= token.expiresAt()
                ? new Judgement.Keep()
                : new Judgement.Renew(a.policyId(), token.expiresAt());
    }

    /// The policy changed or went: another one, or what became of it, may still allow.
    private Judgement renewed(Authorization a, Token token, Moment now) {
        var client = sessions.joinedClient(a.clientId());
        if (client.isPresent()
                && world.evaluate(client.get(), a.resourceId(), now.unixSeconds())
                        instanceof Verdict.Allowed(var policy, long until)) {
            long expiresAt = Math.min(a.expiresAt(), Math.min(until, token.expiresAt()));
            return new Judgement.Renew(policy.id(), expiresAt);
        }
        return new Judgement.Reject("no policy allows it");
    }
}
