package dev.gatehouse.portal.config;

import dev.gatehouse.portal.directory.Directory.Site;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.token.PeerSecrets;
import java.util.ArrayList;
import java.util.List;

/// Reads a resource: its address, its sites and its filters.
final class ResourceReader {
    private final NamedThings<Site> sites;

    ResourceReader(NamedThings<Site> sites) {
        this.sites = sites;
    }

    static Section section(YamlNode node) throws ConfigMistake {
        return new Section(
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
    }

    Resource read(Section section) throws ConfigMistake {
        var name = section.requiredText("name");
        var type = section.requiredChoice("type", Resource.Type.class);
        var siteIds = new ArrayList<String>();
        for (var site : section.texts("sites")) {
            siteIds.add(sites.named(site).id());
        }
        if (siteIds.isEmpty()) {
            throw ConfigMistake.at(
                    section.place(),
                    "resource \"%s\" has no sites; add \"sites: […]\"",
                    name.text());
        }
        refuseOnlyFor(section, type == Resource.Type.DNS, "ip_stack", "a dns resource");
        refuseOnlyFor(section, type != Resource.Type.INTERNET, "filters", "other types");
        return new Resource(
                section.id(PeerSecrets.namedId("resource", name.text())),
                type,
                name.text(),
                address(section, type),
                section.text("description").map(YamlNode.Scalar::text),
                filters(section),
                section.choice("ip_stack", Resource.IpStack.class, Resource.IpStack.DUAL),
                siteIds.stream().distinct().toList(),
                section.flag("enabled", true));
    }

    private static String address(Section section, Resource.Type type) throws ConfigMistake {
        refuseOnlyFor(section, type != Resource.Type.INTERNET, "address", "other types");
        if (type == Resource.Type.INTERNET) {
            return "";
        }
        var text = section.requiredText("address");
        return ConfigMistake.valid(text, () -> ResourceRules.address(type, text.text()));
    }

    private static void refuseOnlyFor(Section section, boolean fits, String key, String whom)
            throws ConfigMistake {
        var value = section.value(key);
        if (!fits && value.isPresent()) {
            throw ConfigMistake.at(value.get(), "%s is for %s only; remove it", key, whom);
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
                filters.add(ConfigMistake.valid(port, () -> portRange(protocol, port.text())));
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
}
