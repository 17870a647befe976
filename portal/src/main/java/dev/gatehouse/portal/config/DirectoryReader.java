package dev.gatehouse.portal.config;

import dev.gatehouse.portal.directory.Condition;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Directory.Account;
import dev.gatehouse.portal.directory.Directory.Actor;
import dev.gatehouse.portal.directory.Directory.Group;
import dev.gatehouse.portal.directory.Directory.NameServer;
import dev.gatehouse.portal.directory.Directory.Policy;
import dev.gatehouse.portal.directory.Directory.Site;
import dev.gatehouse.portal.directory.Directory.Token;
import dev.gatehouse.portal.directory.Directory.TokenType;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.policy.PolicyEvaluator;
import dev.gatehouse.portal.policy.TimeRanges;
import dev.gatehouse.portal.token.PeerSecrets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Turns the text of a portal file into a [Directory], or tells the first mistake.
///
/// Ids follow from names unless given: renaming a thing without an `id` makes another thing.
public final class DirectoryReader {
    private static final int DNS_PORT = 53;

    private final Map<String, Site> sites = new LinkedHashMap<>();
    private final Map<String, Actor> actors = new LinkedHashMap<>();
    private final Map<String, Group> groups = new LinkedHashMap<>();
    private final Map<String, Token> tokens = new LinkedHashMap<>();
    private final Map<String, Resource> resources = new LinkedHashMap<>();
    private final Map<String, String> ids = new LinkedHashMap<>();
    private final List<Policy> policies = new ArrayList<>();

    private DirectoryReader() {}

    public static Directory read(String yaml) throws ConfigMistake {
        return new DirectoryReader().directory(YamlTree.parse(yaml));
    }

    private Directory directory(YamlNode root) throws ConfigMistake {
        var file =
                new Section(
                        root,
                        "the file",
                        "account",
                        "sites",
                        "actors",
                        "groups",
                        "tokens",
                        "resources",
                        "policies");
        var account = account(file.required("account"));
        for (var node : file.list("sites")) {
            site(node);
        }
        for (var node : file.list("actors")) {
            actor(node);
        }
        for (var node : file.list("groups")) {
            group(node);
        }
        for (var node : file.list("tokens")) {
            token(node);
        }
        for (var node : file.list("resources")) {
            resource(node);
        }
        for (var node : file.list("policies")) {
            policy(node);
        }
        return new Directory(
                account,
                List.copyOf(sites.values()),
                List.copyOf(actors.values()),
                List.copyOf(groups.values()),
                List.copyOf(tokens.values()),
                List.copyOf(resources.values()),
                policies);
    }

    private Account account(YamlNode node) throws ConfigMistake {
        var section =
                new Section(
                        node,
                        "account",
                        "id",
                        "slug",
                        "name",
                        "upstream_dns",
                        "upstream_doh",
                        "search_domain");
        var slug = section.requiredText("slug");
        if (!slug.text().matches("[a-z0-9_]{1,100}")) {
            throw ConfigMistake.at(slug, "slug \"%s\" may hold a-z, 0-9 and _ only", slug.text());
        }
        var servers = new ArrayList<NameServer>();
        for (var server : section.texts("upstream_dns")) {
            servers.add(valid(server, () -> nameServer(server.text())));
        }
        var doh = new ArrayList<String>();
        for (var url : section.texts("upstream_doh")) {
            doh.add(valid(url, () -> httpsUrl(url.text())));
        }
        var domain = section.text("search_domain");
        if (domain.isPresent()) {
            var place = domain.get();
            valid(place, () -> ResourceRules.address(Resource.Type.DNS, place.text()));
        }
        return new Account(
                section.id(PeerSecrets.namedId("account", "default")),
                slug.text(),
                section.text("name").map(YamlNode.Scalar::text).orElse(slug.text()),
                servers,
                doh,
                domain.map(YamlNode.Scalar::text));
    }

    private static NameServer nameServer(String text) {
        boolean bare = text.chars().filter(c -> c == ':').count() != 1 && !text.startsWith("[");
        if (bare) {
            return new NameServer(ResourceRules.outsideReserved(IpAddress.parse(text)), DNS_PORT);
        }
        var endpoint = Endpoint.parse(text);
        return new NameServer(ResourceRules.outsideReserved(endpoint.address()), endpoint.port());
    }

    private static String httpsUrl(String text) {
        var url = URI.create(text);
        if (!"https".equals(url.getScheme()) || url.getHost() == null) {
            throw new IllegalArgumentException("\"%s\" is not an https URL".formatted(text));
        }
        return text;
    }

    private void site(YamlNode node) throws ConfigMistake {
        var section = new Section(node, "a site", "id", "name");
        var name = section.requiredText("name");
        var site = new Site(section.id(PeerSecrets.namedId("site", name.text())), name.text());
        put(sites, name, site.id(), site, "site");
    }

    private void actor(YamlNode node) throws ConfigMistake {
        var section = new Section(node, "an actor", "id", "name", "email", "enabled");
        var name = section.requiredText("name");
        var actor =
                new Actor(
                        section.id(PeerSecrets.namedId("actor", name.text())),
                        name.text(),
                        section.text("email").map(YamlNode.Scalar::text),
                        section.flag("enabled", true));
        put(actors, name, actor.id(), actor, "actor");
    }

    private void group(YamlNode node) throws ConfigMistake {
        var section = new Section(node, "a group", "id", "name", "members");
        var name = section.requiredText("name");
        var members = new ArrayList<String>();
        for (var member : section.texts("members")) {
            members.add(named(actors, member, "actor", "actors").id());
        }
        var group =
                new Group(
                        section.id(PeerSecrets.namedId("group", name.text())),
                        name.text(),
                        members);
        put(groups, name, group.id(), group, "group");
    }

    private void token(YamlNode node) throws ConfigMistake {
        var section =
                new Section(
                        node, "a token", "id", "type", "site", "actor", "hash", "expires",
                        "enabled", "note");
        var id = section.requiredText("id");
        var type = section.requiredChoice("type", TokenType.class);
        var hash = section.requiredText("hash");
        if (!hash.text().matches("sha256:[0-9a-f]{64}")) {
            throw ConfigMistake.at(
                    hash,
                    "hash must be sha256: and 64 hex digits; `portal token create` makes one");
        }
        var token =
                new Token(
                        id.text(),
                        type,
                        owner(section, type),
                        hash.text(),
                        expiry(section),
                        section.flag("enabled", true));
        put(tokens, id, "token " + id.text(), token, "token");
    }

    private String owner(Section section, TokenType type) throws ConfigMistake {
        refuseOwner(section, type != TokenType.GATEWAY, "site", type);
        refuseOwner(section, type != TokenType.CLIENT, "actor", type);
        return switch (type) {
            case GATEWAY -> named(sites, section.requiredText("site"), "site", "sites").id();
            case CLIENT -> named(actors, section.requiredText("actor"), "actor", "actors").id();
            case RELAY -> "";
        };
    }

    private static void refuseOwner(Section section, boolean wrong, String key, TokenType type)
            throws ConfigMistake {
        var value = section.value(key);
        if (wrong && value.isPresent()) {
            throw ConfigMistake.at(
                    value.get(),
                    "a %s token has no %s; remove it",
                    type.name().toLowerCase(java.util.Locale.ROOT),
                    key);
        }
    }

    private static long expiry(Section section) throws ConfigMistake {
        var text = section.text("expires");
        if (text.isEmpty()) {
            return PolicyEvaluator.NEVER;
        }
        String value = text.get().text();
        try {
            return value.length() == 10
                    ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toEpochSecond()
                    : Instant.parse(value).getEpochSecond();
        } catch (DateTimeException _) {
            throw ConfigMistake.at(
                    text.get(),
                    "expires \"%s\" is neither 2027-01-31 nor 2027-01-31T12:00:00Z",
                    value);
        }
    }

    private void resource(YamlNode node) throws ConfigMistake {
        var section =
                new Section(
                        node,
                        "a resource",
                        "id",
                        "name",
                        "type",
                        "address",
                        "description",
                        "sites",
                        "filters",
                        "ip_stack",
                        "enabled");
        var name = section.requiredText("name");
        var type = section.requiredChoice("type", Resource.Type.class);
        var siteIds = new ArrayList<String>();
        for (var site : section.texts("sites")) {
            siteIds.add(named(sites, site, "site", "sites").id());
        }
        if (siteIds.isEmpty()) {
            throw ConfigMistake.at(
                    section.place(),
                    "resource \"%s\" has no sites; add \"sites: […]\"",
                    name.text());
        }
        refuseOnlyFor(section, type == Resource.Type.DNS, "ip_stack", "a dns resource");
        refuseOnlyFor(section, type != Resource.Type.INTERNET, "filters", "other types");
        var resource =
                new Resource(
                        section.id(PeerSecrets.namedId("resource", name.text())),
                        type,
                        name.text(),
                        address(section, type),
                        section.text("description").map(YamlNode.Scalar::text),
                        filters(section),
                        section.choice("ip_stack", Resource.IpStack.class, Resource.IpStack.DUAL),
                        siteIds.stream().distinct().toList(),
                        section.flag("enabled", true));
        refuseSecondInternet(name, resource);
        put(resources, name, resource.id(), resource, "resource");
    }

    private static String address(Section section, Resource.Type type) throws ConfigMistake {
        refuseOnlyFor(section, type != Resource.Type.INTERNET, "address", "other types");
        if (type == Resource.Type.INTERNET) {
            return "";
        }
        var text = section.requiredText("address");
        return valid(text, () -> ResourceRules.address(type, text.text()));
    }

    private static void refuseOnlyFor(Section section, boolean fits, String key, String whom)
            throws ConfigMistake {
        var value = section.value(key);
        if (!fits && value.isPresent()) {
            throw ConfigMistake.at(value.get(), "%s is for %s only; remove it", key, whom);
        }
    }

    private void refuseSecondInternet(YamlNode.Scalar name, Resource resource)
            throws ConfigMistake {
        boolean known =
                resources.values().stream().anyMatch(r -> r.type() == Resource.Type.INTERNET);
        if (known && resource.type() == Resource.Type.INTERNET) {
            throw ConfigMistake.at(name, "a second internet resource; an account has one");
        }
    }

    private static List<Resource.Filter> filters(Section resource) throws ConfigMistake {
        var filters = new ArrayList<Resource.Filter>();
        for (var node : resource.list("filters")) {
            var section = new Section(node, "a filter", "protocol", "ports");
            var protocol = section.requiredChoice("protocol", Resource.Protocol.class);
            var ports = section.texts("ports");
            if (protocol == Resource.Protocol.ICMP && !ports.isEmpty()) {
                throw ConfigMistake.at(ports.getFirst(), "icmp has no ports; remove them");
            }
            if (ports.isEmpty()) {
                filters.add(new Resource.Filter(protocol, 0, 0xFFFF));
            }
            for (var port : ports) {
                filters.add(valid(port, () -> portRange(protocol, port.text())));
            }
        }
        return filters;
    }

    private static Resource.Filter portRange(Resource.Protocol protocol, String text) {
        if (!text.matches("\\d{1,5}( *- *\\d{1,5})?")) {
            throw new IllegalArgumentException(
                    "port \"%s\" is neither 443 nor \"8000 - 8100\"".formatted(text));
        }
        String[] ends = text.split(" *- *");
        int start = Integer.parseInt(ends[0]);
        int end = Integer.parseInt(ends[ends.length - 1]);
        if (start > end || end > 0xFFFF) {
            throw new IllegalArgumentException(
                    "ports \"%s\" must rise and end at 65535".formatted(text));
        }
        return new Resource.Filter(protocol, start, end);
    }

    private void policy(YamlNode node) throws ConfigMistake {
        var section =
                new Section(node, "a policy", "id", "group", "resource", "conditions", "enabled");
        var group = section.requiredText("group");
        var resource = section.requiredText("resource");
        var conditions = new ArrayList<Condition>();
        for (var item : section.list("conditions")) {
            conditions.add(condition(item));
        }
        String name = group.text() + "|" + resource.text();
        int nth = 1;
        while (ids.containsKey(PeerSecrets.namedId("policy", name + "|" + nth))) {
            nth++;
        }
        var policy =
                new Policy(
                        section.id(PeerSecrets.namedId("policy", name + "|" + nth)),
                        named(groups, group, "group", "groups").id(),
                        named(resources, resource, "resource", "resources").id(),
                        conditions,
                        section.flag("enabled", true));
        refuseDoubledId(section.place(), policy.id());
        policies.add(policy);
    }

    private static Condition condition(YamlNode node) throws ConfigMistake {
        var section = new Section(node, "a condition", "property", "operator", "values");
        var property = section.requiredChoice("property", Condition.Property.class);
        var operator = section.requiredChoice("operator", Condition.Operator.class);
        if (!property.operators().contains(operator)) {
            throw ConfigMistake.at(
                    section.requiredText("operator"),
                    "%s is compared with %s",
                    property.wire(),
                    String.join(
                            " or ",
                            property.operators().stream().map(Condition.Operator::wire).toList()));
        }
        var values = new ArrayList<String>();
        for (var value : section.texts("values")) {
            values.add(valid(value, () -> conditionValue(operator, value.text())));
        }
        if (values.isEmpty()) {
            throw ConfigMistake.at(section.place(), "a condition needs values: [ … ]");
        }
        return new Condition(property, operator, values);
    }

    private static String conditionValue(Condition.Operator operator, String text) {
        switch (operator) {
            case IS_IN_CIDR, IS_NOT_IN_CIDR -> IpNetwork.parse(text);
            case IS_IN_DAY_OF_WEEK_TIME_RANGES -> TimeRanges.parse(text);
            case IS -> {
                if (!text.equals("true") && !text.equals("false")) {
                    throw new IllegalArgumentException("the value must be \"true\" or \"false\"");
                }
            }
            case IS_IN, IS_NOT_IN -> {}
        }
        return text;
    }

    private <E> void put(
            Map<String, E> things, YamlNode.Scalar name, String id, E thing, String what)
            throws ConfigMistake {
        if (things.putIfAbsent(name.text(), thing) != null) {
            throw ConfigMistake.at(name, "a second %s \"%s\"; rename one", what, name.text());
        }
        refuseDoubledId(name, id);
    }

    private void refuseDoubledId(YamlNode place, String id) throws ConfigMistake {
        if (ids.putIfAbsent(id, id) != null) {
            throw ConfigMistake.at(place, "id %s is used twice; change one", id);
        }
    }

    private static <E> E named(
            Map<String, E> things, YamlNode.Scalar name, String what, String section)
            throws ConfigMistake {
        var thing = Optional.ofNullable(things.get(name.text()));
        if (thing.isEmpty()) {
            throw ConfigMistake.at(
                    name, "no %s is named \"%s\"; add it under %s", what, name.text(), section);
        }
        return thing.get();
    }

    private interface Check<E> {
        E run();
    }

    private static <E> E valid(YamlNode place, Check<E> check) throws ConfigMistake {
        try {
            return check.run();
        } catch (IllegalArgumentException e) {
            throw ConfigMistake.at(place, "%s", e.getMessage());
        }
    }
}
