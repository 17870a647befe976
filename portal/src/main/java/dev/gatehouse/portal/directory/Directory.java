package dev.gatehouse.portal.directory;

import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.LookupTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Everything an administrator has decided: one account with its sites, people, resources and
/// rules. Immutable; lists keep the order of the configuration file.
///
/// What peers cause to be looked up is indexed: a look-up costs the same whatever the file holds.
public final class Directory {
    private final Account account;
    private final List<Site> sites;
    private final List<Actor> actors;
    private final List<Group> groups;
    private final List<Token> tokens;
    private final List<Resource> resources;
    private final List<Policy> policies;
    private final LookupTable<String, Site> siteById;
    private final LookupTable<String, Actor> actorById;
    private final LookupTable<String, Token> tokenById;
    private final LookupTable<String, Resource> resourceById;
    private final LookupTable<String, Policy> policyById;
    private final LookupTable<String, List<Policy>> policiesByResource = new LookupTable<>();
    private final LookupTable<Membership, Boolean> memberships = new LookupTable<>();

    public Directory(
            Account account,
            List<Site> sites,
            List<Actor> actors,
            List<Group> groups,
            List<Token> tokens,
            List<Resource> resources,
            List<Policy> policies) {
        this.account = account;
        this.sites = List.copyOf(sites);
        this.actors = List.copyOf(actors);
        this.groups = List.copyOf(groups);
        this.tokens = List.copyOf(tokens);
        this.resources = List.copyOf(resources);
        this.policies = List.copyOf(policies);
        this.siteById = index(this.sites, Site::id);
        this.actorById = index(this.actors, Actor::id);
        this.tokenById = index(this.tokens, Token::id);
        this.resourceById = index(this.resources, Resource::id);
        this.policyById = index(this.policies, Policy::id);
        this.policies.forEach(this::indexByResource);
        this.groups.forEach(
                g -> g.actorIds().forEach(a -> memberships.put(new Membership(a, g.id()), true)));
    }

    private record Membership(String actorId, String groupId) {}

    private static <E> LookupTable<String, E> index(Collection<E> all, Function<E, String> id) {
        var table = new LookupTable<String, E>();
        for (var each : all) {
            if (!table.contains(id.apply(each))) {
                table.put(id.apply(each), each);
            }
        }
        return table;
    }

    private void indexByResource(Policy policy) {
        var list = policiesByResource.get(policy.resourceId());
        if (list == null) {
            list = new ArrayList<>();
            policiesByResource.put(policy.resourceId(), list);
        }
        list.add(policy);
    }

    public Account account() {
        return account;
    }

    public List<Site> sites() {
        return sites;
    }

    public List<Actor> actors() {
        return actors;
    }

    public List<Group> groups() {
        return groups;
    }

    public List<Token> tokens() {
        return tokens;
    }

    public List<Resource> resources() {
        return resources;
    }

    public List<Policy> policies() {
        return policies;
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

    /// Whether a token lets its bearer in now: not if its site or actor is gone or disabled.
    public boolean isUsable(Token token, long nowSeconds) {
        if (!token.enabled() || token.expiresAt() <= nowSeconds) {
            return false;
        }
        return switch (token.type()) {
            case RELAY -> true;
            case GATEWAY -> site(token.ownerId()).isPresent();
            case CLIENT -> actor(token.ownerId()).map(Actor::enabled).orElse(false);
        };
    }

    public Optional<Resource> resource(String id) {
        return Optional.ofNullable(resourceById.get(id));
    }

    public Optional<Site> site(String id) {
        return Optional.ofNullable(siteById.get(id));
    }

    public Optional<Actor> actor(String id) {
        return Optional.ofNullable(actorById.get(id));
    }

    public Optional<Token> token(String id) {
        return Optional.ofNullable(tokenById.get(id));
    }

    public Optional<Policy> policy(String id) {
        return Optional.ofNullable(policyById.get(id));
    }

    /// The policies that name the resource, enabled or not.
    public List<Policy> policiesOf(String resourceId) {
        var list = policiesByResource.get(resourceId);
        return list == null ? List.of() : Collections.unmodifiableList(list);
    }

    public boolean isMember(String actorId, String groupId) {
        return memberships.contains(new Membership(actorId, groupId));
    }
}
