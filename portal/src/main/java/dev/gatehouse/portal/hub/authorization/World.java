package dev.gatehouse.portal.hub.authorization;

import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Directory.Site;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.directory.ResourceView;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.policy.ClientFacts;
import dev.gatehouse.portal.policy.PolicyEvaluator;
import dev.gatehouse.portal.state.Block;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// The directory as it is in force: the file's, less what administrators disabled and blocked.
public final class World {
    private final Set<String> disabled = new TreeSet<>();
    private final NavigableSet<Block> blocks = new TreeSet<>();
    private Directory file;
    private Directory inForce;

    public World(Directory file, Collection<String> disabled, Collection<Block> blocks) {
        this.file = file;
        this.disabled.addAll(disabled);
        this.blocks.addAll(blocks);
        this.inForce = inForce();
    }

    public Directory directory() {
        return inForce;
    }

    public void directory(Directory next) {
        file = next;
        inForce = inForce();
    }

    private Directory inForce() {
        List<Resource> resources =
                file.resources().stream()
                        .map(r -> disabled.contains(r.id()) ? r.withEnabled(false) : r)
                        .toList();
        return new Directory(
                file.account(),
                file.sites(),
                file.actors(),
                file.groups(),
                file.tokens(),
                resources,
                file.policies());
    }

    public boolean isDisabled(String resourceId) {
        return disabled.contains(resourceId);
    }

    public void disable(String resourceId, boolean value) {
        if (value) {
            disabled.add(resourceId);
        } else {
            disabled.remove(resourceId);
        }
        inForce = inForce();
    }

    public boolean isBlocked(String clientId, String resourceId) {
        return blocks.contains(new Block(clientId, resourceId));
    }

    /// Whether the client is denied anything.
    public boolean isBlocked(String clientId) {
        var first = blocks.ceiling(new Block(clientId, ""));
        return first != null && first.clientId().equals(clientId);
    }

    public boolean block(Block block) {
        return blocks.add(block);
    }

    public boolean unblock(Block block) {
        return blocks.remove(block);
    }

    public List<Block> blocks() {
        return List.copyOf(blocks);
    }

    /// The facts of a connected client.
    static ClientFacts facts(Session.Client client) {
        return new ClientFacts(
                client.device().ownerId(),
                client.identity().remoteIp(),
                client.identity().location(),
                Optional.empty(),
                client.device().verified(),
                client.identity().version());
    }

    PolicyEvaluator.Verdict evaluate(Session.Client client, String resourceId, long nowSeconds) {
        return new PolicyEvaluator(inForce).evaluate(facts(client), resourceId, nowSeconds);
    }

    /// The client's list, by id, in the directory's order.
    Map<String, ResourceView> connectable(Session.Client client, long nowSeconds) {
        var views = new LinkedHashMap<String, ResourceView>();
        for (var resource : new PolicyEvaluator(inForce).connectable(facts(client), nowSeconds)) {
            if (!isBlocked(client.device().id(), resource.id())) {
                views.put(resource.id(), new ResourceView(resource, sites(resource)));
            }
        }
        return views;
    }

    private List<Site> sites(Resource resource) {
        return resource.siteIds().stream().map(inForce::site).flatMap(Optional::stream).toList();
    }
}
