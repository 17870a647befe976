package dev.gatehouse.portal.hub;

import dev.gatehouse.portal.policy.Directory.Site;
import dev.gatehouse.portal.policy.Resource;
import java.util.List;

/// A resource as a client sees it: with the names of its sites.
record ResourceView(Resource resource, List<Site> sites) {
    /// October 2025 clients cannot change the sites of a resource in place.
    boolean needsDeletionBefore(ResourceView next) {
        return !sites.equals(next.sites);
    }
}
