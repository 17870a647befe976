package dev.gatehouse.portal.directory;

import dev.gatehouse.portal.directory.Directory.Site;
import java.util.List;

/// A resource as a client sees it: with the names of its sites.
public record ResourceView(Resource resource, List<Site> sites) {
    /// October 2025 clients cannot change the sites of a resource in place.
    public boolean needsDeletionBefore(ResourceView next) {
        return !sites.equals(next.sites);
    }
}
