package dev.gatehouse.client.state.flow;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.SiteStatus;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.grant.Site;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.TreeMap;

/// What is known of sites: told by their tunnels, and by the portal when nobody is there.
final class SiteStatuses {
    private final NavigableMap<String, SiteStatus> sites = new TreeMap<>();
    private final Queue<ClientEvent> events;

    SiteStatuses(Queue<ClientEvent> events) {
        this.events = events;
    }

    void set(String siteId, SiteStatus status) {
        if (sites.put(siteId, status) != status) {
            events.add(new ClientEvent.ResourcesChanged());
        }
    }

    /// Online if any site is, offline if all are.
    SiteStatus of(Resource resource) {
        var all = resource.sites().stream().map(this::of).toList();
        if (all.contains(SiteStatus.ONLINE)) {
            return SiteStatus.ONLINE;
        }
        boolean offline = !all.isEmpty() && all.stream().allMatch(s -> s == SiteStatus.OFFLINE);
        return offline ? SiteStatus.OFFLINE : SiteStatus.UNKNOWN;
    }

    private SiteStatus of(Site site) {
        return sites.getOrDefault(site.id(), SiteStatus.UNKNOWN);
    }
}
