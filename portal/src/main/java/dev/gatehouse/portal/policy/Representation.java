package dev.gatehouse.portal.policy;

import dev.gatehouse.portal.directory.Resource;
import java.util.Optional;

/// What older peers can understand of a resource (portal-channel.md 7.3).
public final class Representation {
    private Representation() {}

    /// The resource as a peer of this version can be told, or empty if it cannot.
    ///
    /// The internet resource needs 1.3.0. Below 1.2.0 a leading `**` is written `*`, a leading `*`
    /// is written `?`, and any other wildcard hides the resource.
    public static Optional<Resource> forVersion(Resource resource, SemVer version) {
        return switch (resource.type()) {
            case INTERNET -> version.isAtLeast(1, 3) ? Optional.of(resource) : Optional.empty();
            case DNS ->
                    version.isAtLeast(1, 2)
                            ? Optional.of(resource)
                            : oldPattern(resource.address()).map(a -> withAddress(resource, a));
            case CIDR, IP -> Optional.of(resource);
        };
    }

    private static Optional<String> oldPattern(String address) {
        String head = "";
        String rest = address;
        if (address.startsWith("**.")) {
            head = "*";
            rest = address.substring(2);
        } else if (address.startsWith("*.")) {
            head = "?";
            rest = address.substring(1);
        }
        boolean plain = rest.indexOf('*') < 0 && rest.indexOf('?') < 0;
        return plain ? Optional.of(head + rest) : Optional.empty();
    }

    private static Resource withAddress(Resource r, String address) {
        return new Resource(
                r.id(),
                r.type(),
                r.name(),
                address,
                r.description(),
                r.filters(),
                r.ipStack(),
                r.siteIds(),
                r.enabled());
    }
}
