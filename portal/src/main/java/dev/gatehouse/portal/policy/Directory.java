package dev.gatehouse.portal.policy;

import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;

/// Everything an administrator has decided: one account with its sites, people, resources and
/// rules. Immutable; lists keep the order of the configuration file.
public record Directory(
        Account account,
        List<Site> sites,
        List<Actor> actors,
        List<Group> groups,
        List<Token> tokens,
        List<Resource> resources,
        List<Policy> policies) {
    public Directory {
        sites = List.copyOf(sites);
        actors = List.copyOf(actors);
        groups = List.copyOf(groups);
        tokens = List.copyOf(tokens);
        resources = List.copyOf(resources);
        policies = List.copyOf(policies);
    }

    /// The account and what it tells every client about DNS.
    public record Account(
            String id,
            String slug,
            String name,
            List<NameServer> upstreamDns,
            List<String> upstreamDoh,
            Optional<String> searchDomain) {
        public Account {
            upstreamDns = List.copyOf(upstreamDns);
            upstreamDoh = List.copyOf(upstreamDoh);
        }
    }

    /// A DNS server reached over plain UDP and TCP.
    public record NameServer(IpAddress address, int port) {}

    /// A place with gateways that reach the same networks.
    public record Site(String id, String name) {}

    /// A person or service account.
    public record Actor(String id, String name, Optional<String> email, boolean enabled) {}

    /// A set of actors.
    public record Group(String id, String name, List<String> actorIds) {
        public Group {
            actorIds = List.copyOf(actorIds);
        }
    }

    /// What a token lets its bearer be.
    public enum TokenType {
        GATEWAY,
        RELAY,
        CLIENT
    }

    /// A token by its hash; the secret itself is nowhere stored.
    ///
    /// `ownerId` is the site of a gateway token, the actor of a client token, empty for a relay.
    public record Token(
            String id,
            TokenType type,
            String ownerId,
            String hash,
            long expiresAt,
            boolean enabled) {}

    /// A rule: the group may use the resource while all conditions hold.
    public record Policy(
            String id,
            String groupId,
            String resourceId,
            List<Condition> conditions,
            boolean enabled) {
        public Policy {
            conditions = List.copyOf(conditions);
        }
    }

    public Optional<Resource> resource(String id) {
        return resources.stream().filter(r -> r.id().equals(id)).findFirst();
    }

    public Optional<Site> site(String id) {
        return sites.stream().filter(s -> s.id().equals(id)).findFirst();
    }

    public Optional<Actor> actor(String id) {
        return actors.stream().filter(a -> a.id().equals(id)).findFirst();
    }

    public Optional<Token> token(String id) {
        return tokens.stream().filter(t -> t.id().equals(id)).findFirst();
    }

    public Optional<Policy> policy(String id) {
        return policies.stream().filter(p -> p.id().equals(id)).findFirst();
    }

    public boolean isMember(String actorId, String groupId) {
        return groups.stream()
                .anyMatch(g -> g.id().equals(groupId) && g.actorIds().contains(actorId));
    }
}
