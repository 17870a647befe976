package dev.gatehouse.portal.config;

import dev.gatehouse.portal.directory.Condition;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Directory.Actor;
import dev.gatehouse.portal.directory.Directory.Group;
import dev.gatehouse.portal.directory.Directory.Policy;
import dev.gatehouse.portal.directory.Directory.Site;
import dev.gatehouse.portal.directory.Directory.Token;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.token.PeerSecrets;
import java.util.ArrayList;
import java.util.List;

/// Turns the text of a portal file into a [Directory], or tells the first mistake.
///
/// Ids follow from names unless given: renaming a thing without an `id` makes another thing.
public final class DirectoryReader {
    private final UniqueIds ids = new UniqueIds();
    private final NamedThings<Site> sites = new NamedThings<>("site", "sites", ids);
    private final NamedThings<Actor> actors = new NamedThings<>("actor", "actors", ids);
    private final NamedThings<Group> groups = new NamedThings<>("group", "groups", ids);
    private final NamedThings<Token> tokens = new NamedThings<>("token", "tokens", ids);
    private final NamedThings<Resource> resources = new NamedThings<>("resource", "resources", ids);
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
        var account = AccountReader.read(file.required("account"));
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
                sites.all(),
                actors.all(),
                groups.all(),
                tokens.all(),
                resources.all(),
                policies);
    }

    private void site(YamlNode node) throws ConfigMistake {
        var section = new Section(node, "a site", "id", "name");
        var name = section.requiredText("name");
        var site = new Site(section.id(PeerSecrets.namedId("site", name.text())), name.text());
        sites.put(name, site.id(), site);
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
        actors.put(name, actor.id(), actor);
    }

    private void group(YamlNode node) throws ConfigMistake {
        var section = new Section(node, "a group", "id", "name", "members");
        var name = section.requiredText("name");
        var members = new ArrayList<String>();
        for (var member : section.texts("members")) {
            members.add(actors.named(member).id());
        }
        var group =
                new Group(
                        section.id(PeerSecrets.namedId("group", name.text())),
                        name.text(),
                        members);
        groups.put(name, group.id(), group);
    }

    private void token(YamlNode node) throws ConfigMistake {
        var section = TokenReader.section(node);
        var token = new TokenReader(sites, actors).read(section);
        tokens.put(section.requiredText("id"), "token " + token.id(), token);
    }

    private void resource(YamlNode node) throws ConfigMistake {
        var section = ResourceReader.section(node);
        var resource = new ResourceReader(sites).read(section);
        var name = section.requiredText("name");
        refuseSecondInternet(name, resource);
        resources.put(name, resource.id(), resource);
    }

    private void refuseSecondInternet(YamlNode.Scalar name, Resource resource)
            throws ConfigMistake {
        boolean isInternet = resource.type() == Resource.Type.INTERNET;
        if (isInternet && resources.hasAny(r -> r.type() == Resource.Type.INTERNET)) {
            throw ConfigMistake.at(name, "a second internet resource; an account has one");
        }
    }

    private void policy(YamlNode node) throws ConfigMistake {
        var section =
                new Section(node, "a policy", "id", "group", "resource", "conditions", "enabled");
        var group = section.requiredText("group");
        var resource = section.requiredText("resource");
        var conditions = new ArrayList<Condition>();
        for (var item : section.list("conditions")) {
            conditions.add(ConditionReader.read(item));
        }
        String name = group.text() + "|" + resource.text();
        int nth = 1;
        while (ids.contains(PeerSecrets.namedId("policy", name + "|" + nth))) {
            nth++;
        }
        var policy =
                new Policy(
                        section.id(PeerSecrets.namedId("policy", name + "|" + nth)),
                        groups.named(group).id(),
                        resources.named(resource).id(),
                        conditions,
                        section.flag("enabled", true));
        ids.add(section.place(), policy.id());
        policies.add(policy);
    }
}
